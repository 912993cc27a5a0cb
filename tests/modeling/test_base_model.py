"""The model that five packages carry: joined once, from the right parts only."""

import hashlib
import io
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.io import user_cache
from textune.modeling import base_model
from textune.modeling.location import model_folder

PARAMS = ModelParams(name="bundled:all-mpnet-base-v2", revision=None, max_length=16)


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in (*base_model._WANTED, "desktop.ini"):
            archive.writestr(f"all-mpnet-base-v2/{name}", f"content of {name}")
    return content.getvalue()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The parts of a small zip file, as files of five installed packages."""
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path / "cache"))
    whole = zipped()
    size = -(-len(whole) // 5)
    parts = [tmp_path / f"all-mpnet-base-v2.zip.00{number}" for number in range(1, 6)]
    for number, part in enumerate(parts):
        part.write_bytes(whole[size * number : size * (number + 1)])

    def files(package: str) -> list[Any]:
        part = parts[int(package[-1]) - 1]
        return [SimpleNamespace(name=part.name, locate=lambda: part)] if part.exists() else []

    monkeypatch.setattr(base_model, "files", files)
    monkeypatch.setattr(base_model, "_SHA256", hashlib.sha256(whole).hexdigest())
    return parts


def test_it_is_joined_once(packages: list[Path]) -> None:
    folder = model_folder(PARAMS)
    assert sorted(file.name for file in folder.iterdir()) == sorted(base_model._WANTED)
    assert (folder / "vocab.txt").read_text() == "content of vocab.txt"
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]
    for part in packages:
        part.unlink()
    assert model_folder(PARAMS) == folder


def test_another_content_is_refused_and_nothing_is_left(packages: list[Path]) -> None:
    packages[2].write_bytes(b"x" + packages[2].read_bytes()[1:])
    with pytest.raises(UserError, match=r"^model\.name: the packages of bundled:all-mpnet-base-v2"):
        model_folder(PARAMS)
    cache = user_cache("models")
    assert [path.name for path in cache.iterdir()] == ["all-mpnet-base-v2.lock"]


def test_a_package_that_is_missing_is_told_with_the_cure(packages: list[Path]) -> None:
    packages[4].unlink()
    with pytest.raises(UserError, match=r"part-001 to 005, which are not all .* `make base-model`"):
        model_folder(PARAMS)
