import json
from pathlib import Path

import pytest

from textune.errors import UserError
from textune.io import read_json, write_csv, write_json


def test_json_is_sorted_and_ends_with_a_newline(tmp_path: Path) -> None:
    path = tmp_path / "new/a.json"
    write_json(path, {"b": 1, "a": {"d": 0.5, "c": "🙂"}})
    assert path.read_text(encoding="utf-8") == (
        '{\n  "a": {\n    "c": "🙂",\n    "d": 0.5\n  },\n  "b": 1\n}\n'
    )
    assert read_json(path) == {"b": 1, "a": {"d": 0.5, "c": "🙂"}}


def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})

    def interrupt(draft: Path, target: Path) -> Path:
        assert json.loads(draft.read_text()) == {"new": 2}  # it was written elsewhere
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_json(path, {"new": 2})
    assert read_json(path) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_nan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_what_is_no_object_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"a\.json .*run `dvc repro`"):
        read_json(path)


def test_csv_quotes_what_needs_it(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ["label", "share"], [["a, b", 0.5], ["🙂", 1]])
    assert (tmp_path / "a.csv").read_bytes().decode() == 'label,share\n"a, b",0.5\n🙂,1\n'
