"""`textune export --push`, through the real client, to a hub on this machine."""

import json
from pathlib import Path

import pytest

from tests.hub.server import Hub
from tests.hub.uploads import TOKEN
from textune.errors import FailedError, UserError
from textune.export.pushing import push, require_repository


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Something like an export: a card, small files, and weights that are larger."""
    made = tmp_path / "exported"
    (made / "base").mkdir(parents=True)
    (made / "README.md").write_text("---\nlicense: mit\n---\n\n# A model\n")
    (made / "base/config.json").write_text(json.dumps({"id2label": {"0": "no"}}))
    (made / "model.safetensors").write_bytes(bytes(5000))
    return made


@pytest.fixture
def logged_in(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    to_hub(hub, monkeypatch)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return hub


def to_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants, hf_api

    monkeypatch.setattr(constants, "ENDPOINT", hub.address)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hf_api, "constants", constants)


def test_every_file_arrives_in_a_private_repository(logged_in: Hub, folder: Path) -> None:
    address = push(folder, "anna/tweets", public=False)
    assert address.startswith(f"{logged_in.address}/anna/tweets/commit/")
    assert logged_in.uploads.private == {"anna/tweets": True}
    written = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert logged_in.uploads.files["anna/tweets"] == written


def test_public_only_if_that_is_said(logged_in: Hub, folder: Path) -> None:
    logged_in.uploads.private["anna/open"] = False
    with pytest.raises(UserError, match=r"--push: anna/open is there and is public; add --public"):
        push(folder, "anna/open", public=False)
    assert logged_in.uploads.files["anna/open"] == {}
    push(folder, "anna/new", public=True)
    assert logged_in.uploads.private["anna/new"] is False


def test_what_prevents_it_is_told_with_a_cure(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_hub(hub, monkeypatch)
    monkeypatch.setenv("HF_TOKEN", "hf_of_somebody_else")
    with pytest.raises(FailedError, match="log in with `hf auth login`") as refused:
        push(folder, "anna/tweets", public=False)
    assert f"`hf upload anna/tweets {folder} . --private`" in str(refused.value)
    hub.broken = True
    with pytest.raises(FailedError, match=r"anna/tweets cannot be written \(the hub answers 503\)"):
        push(folder, "anna/tweets", public=False)
    assert refused.value.exit_code == 1


@pytest.mark.parametrize("name", ["tweets", "a/b/c", "anna/", "../anna", "anna/-x", "a/b c", ""])
def test_a_name_that_the_hub_would_not_take(name: str) -> None:
    with pytest.raises(UserError, match="it should be a repository, as owner/name"):
        require_repository(name)
    require_repository("anna/tweets-2.1_b")
