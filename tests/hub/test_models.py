"""Models from the hub, through the real clients, from a small hub on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.server import Hub, Repository, serve
from tests.tiny import ROOT

NAME = "somebody/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LOAD = """
import sys
from textune.errors import run
from textune.params import ModelParams

def main():
    from textune.pretrained import load_classifier, load_tokenizer
    params = ModelParams(name=sys.argv[1], revision=sys.argv[2] or None, max_length=16)
    load_tokenizer(params)
    print(sorted(load_classifier(params, ["no", "yes"], 0).head))

run(main)
"""


@pytest.fixture
def hub(tiny_models: dict[str, Path]) -> Iterator[Hub]:
    with serve() as hub:
        hub.repositories[f"models/{NAME}"] = Repository(tiny_models["distilbert"], COMMIT)
        yield hub


def load(
    hub: Hub, cache: Path, name: str = NAME, revision: str = COMMIT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Load the tokenizer and the classifier in a process of its own, as a stage does."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.address,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(cache),
        "PYTHONPATH": str(ROOT / "src"),
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-c", LOAD, name, revision],
        cwd=cache,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_a_model_is_downloaded_once_and_then_needs_no_hub(hub: Hub, tmp_path: Path) -> None:
    first = load(hub, tmp_path)
    assert "pre_classifier.weight" in first.stdout, first.stderr
    offline = load(hub, tmp_path, HF_HUB_OFFLINE="1")
    assert offline.stdout == first.stdout, offline.stderr
    unreachable = load(hub, tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert unreachable.stdout == first.stdout, unreachable.stderr


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"revision": ""}, f"model.revision is null, which moves; now main of {NAME} is {COMMIT}"),
        ({"revision": "main"}, f"is {COMMIT}: set model.revision to that"),
        ({"revision": "f" * 40}, f"model {NAME} has no revision ffff"),
        ({"name": "somebody/else"}, "model somebody/else is not on the hub, or is private"),
        ({"name": "no/such/folder"}, "model no/such/folder is not on the hub"),
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be reached (no connection): copy"),
        ({"HF_HUB_OFFLINE": "1"}, "cannot be reached (HF_HUB_OFFLINE is set): copy"),
    ],
)
def test_what_cannot_be_had_is_told_in_one_line(
    hub: Hub, tmp_path: Path, changes: dict[str, str], expected: str
) -> None:
    told = load(hub, tmp_path, **changes)
    assert told.returncode == 1
    assert told.stderr.startswith("error: model.")
    assert told.stderr.count("\n") == 1, told.stderr
    assert expected in told.stderr


def test_a_gated_model(hub: Hub, tmp_path: Path) -> None:
    hub.repositories[f"models/{NAME}"].gated = True
    told = load(hub, tmp_path)
    assert f"model {NAME} is gated; accept its terms at https://" in told.stderr
    assert told.stderr.splitlines()[-1].startswith("error: model.name: ")


def test_weights_come_from_safetensors_only(
    hub: Hub, tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    for file in tiny_models["distilbert"].iterdir():
        target = "pytorch_model.bin" if file.suffix == ".safetensors" else file.name
        (pickled / target).write_bytes(file.read_bytes())
    hub.repositories[f"models/{NAME}"].folder = pickled
    told = load(hub, tmp_path)
    assert f"{NAME} at {COMMIT} has no safetensors" in told.stderr
    assert "load model and tokenizer once" in told.stderr
    assert not any("pytorch_model.bin" in request for request in hub.requests)
