"""Models from the hub, through the real clients, from a small hub on this machine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.server import Hub, Repository, serve
from tests.modeling.hostile import sets
from tests.tiny import ROOT

NAME = "somebody/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LOAD = """
import json, sys
from textune.errors import UserError
from textune.config.sections import ModelParams

def load(name, revision):
    from textune.modeling.pretrained import load_classifier
    from textune.modeling.tokenizer import load_tokenizer
    from textune.training.quiet import quieten
    quieten()
    params = ModelParams(name=name, revision=revision, max_length=16)
    load_tokenizer(params)
    return sorted(load_classifier(params, ["no", "yes"], 0).head)

for model in json.loads(sys.argv[1]):
    try:
        print(load(*model))
    except UserError as error:
        print(error)
"""
Model = tuple[str, str | None]
GOOD: Model = (NAME, COMMIT)


@pytest.fixture
def hub(tiny_models: dict[str, Path]) -> Iterator[Hub]:
    with serve() as hub:
        hub.repositories[f"models/{NAME}"] = Repository(tiny_models["distilbert"], COMMIT)
        yield hub


def load(hub: Hub, cache: Path, *models: Model, **environment: str) -> list[str]:
    """Load tokenizer and classifier of each in a new process; the head's weights, or what is told.

    A line a model, and nothing else is printed.
    """
    done = subprocess.run(
        [sys.executable, "-c", LOAD, json.dumps(models)],
        cwd=cache,
        env={
            **os.environ,
            "HF_ENDPOINT": hub.address,
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HOME": str(cache),
            "PYTHONPATH": str(ROOT / "src"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(models), done.stdout
    assert done.stderr == ""
    return lines


def test_a_model_is_downloaded_once_and_then_needs_no_hub(hub: Hub, tmp_path: Path) -> None:
    first = load(hub, tmp_path, GOOD)
    assert "pre_classifier.weight" in first[0]
    assert load(hub, tmp_path, GOOD, HF_HUB_OFFLINE="1") == first
    assert load(hub, tmp_path, GOOD, HF_ENDPOINT="http://127.0.0.1:9") == first


def test_what_cannot_be_had_is_told_in_one_line(hub: Hub, tmp_path: Path) -> None:
    wrong: dict[Model, str] = {
        (NAME, None): f"model.revision is null, which moves; now main of {NAME} is {COMMIT}",
        (NAME, "main"): f"is {COMMIT}: set model.revision to that",
        (NAME, "f" * 40): f"model {NAME} has no revision ffff",
        (
            "somebody/else",
            COMMIT,
        ): "there is no folder somebody/else, and model somebody/else is not"
        " on the hub, or is private",
        ("no/such/folder", COMMIT): "there is no folder no/such/folder",
        ("/data/models/bert", COMMIT): "there is no folder /data/models/bert",
    }
    for told, expected in zip(load(hub, tmp_path, *wrong), wrong.values(), strict=True):
        assert told.startswith("model.")
        assert expected in told
    # What cannot be a name on the hub is not asked of it.
    assert not [request for request in hub.requests if "such" in request or "data" in request]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be reached (no connection): copy"),
        pytest.param(
            {"HF_HUB_OFFLINE": "1"},
            "cannot be reached (HF_HUB_OFFLINE is set): copy",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_unreachable_hub(
    hub: Hub, tmp_path: Path, environment: dict[str, str], expected: str
) -> None:
    (told,) = load(hub, tmp_path, GOOD, **environment)
    assert told.startswith("model.")
    assert expected in told


def test_a_gated_model(hub: Hub, tmp_path: Path) -> None:
    hub.repositories[f"models/{NAME}"].gated = True
    (told,) = load(hub, tmp_path, GOOD)
    assert told.startswith("model.name: ")
    assert f"model {NAME} is gated; accept its terms at https://" in told


def test_weights_come_from_safetensors_only_and_no_kernel_is_named(
    hub: Hub, tmp_path: Path, tiny_models: dict[str, Path]
) -> None:
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    for file in tiny_models["distilbert"].iterdir():
        target = "pytorch_model.bin" if file.suffix == ".safetensors" else file.name
        (pickled / target).write_bytes(file.read_bytes())
    hub.repositories[f"models/{NAME}"].folder = pickled
    hostile = Path(shutil.copytree(tiny_models["distilbert"], tmp_path / "hostile"))
    sets(_attn_implementation_internal="evil/kernel")(hostile)
    hub.repositories["models/evil/model"] = Repository(hostile, COMMIT)
    told, other = load(hub, tmp_path, GOOD, ("evil/model", COMMIT))
    assert "config.json of evil/model has _attn_implementation_internal, which can name" in other
    assert not any("evil/kernel" in request for request in hub.requests)
    assert f"{NAME} at {COMMIT} has no safetensors" in told
    assert "load model and tokenizer once" in told
    assert not any("pytorch_model.bin" in request for request in hub.requests)
