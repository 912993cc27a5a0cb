"""A checkpoint is whole, verified and bounded, and one process uses it at a time."""

import json
import os
from pathlib import Path

import pytest
import torch

from tests.cli_commands import Commands
from textune.training import checkpoints
from textune.training.checkpoints import Checkpoint, stored

STATE = {
    "none": None,
    "numbers": [1, 2.5, 2**80],
    "nested": {"tensor": torch.arange(3), "more": [torch.ones(2), {"deep": torch.zeros(0)}]},
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path))


def step_of(checkpoint: Checkpoint) -> int:
    """Of the state that is read."""
    state = checkpoint.read()
    assert state is not None
    step: int = state["step"]
    return step


def written(key: str = "a" * 32, step: int = 1) -> Checkpoint:
    checkpoint = Checkpoint(key, {"name": "lora", "seed": 7})
    with checkpoint.claimed() as ours:
        assert ours
        checkpoint.write({**STATE, "step": step}, step=step, steps=9)
    return checkpoint


def test_what_is_read_is_what_was_written_last() -> None:
    written(step=1)
    state = written(step=2).read()
    assert state is not None
    assert state["step"] == 2
    assert state["none"] is None
    assert state["numbers"] == STATE["numbers"]
    assert state["nested"]["tensor"].tolist() == [0, 1, 2]
    assert state["nested"]["more"][1]["deep"].shape == (0,)
    names = sorted(path.suffix for path in written().folder.iterdir())
    assert names == ["", ".json", ".safetensors"], "no earlier tensors are left"
    Checkpoint("a" * 32, {}).remove()
    assert Checkpoint("a" * 32, {}).read() is None


@pytest.mark.parametrize("step", ["save_file", "_digest", "_put"])
def test_an_ended_write_leaves_the_earlier_state(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = written(step=1)

    def die(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, step, die)
        with pytest.raises(KeyboardInterrupt):
            written(step=2)
    assert step_of(checkpoint) == 1
    assert step_of(written(step=3)) == 3
    assert len(list(checkpoint.folder.iterdir())) == 3, "what was half-written is gone"


@pytest.mark.parametrize("name", ["state.json", "*.safetensors"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_checkpoint_is_told_and_not_used(
    name: str, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = written()
    (path,) = checkpoint.folder.glob(name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    match damage:
        case "flip":
            path.write_bytes(content)
        case "cut":
            path.write_bytes(content[:-3])
        case "remove":
            path.unlink()
    assert checkpoint.read() is None
    told = "" if (name, damage) == ("state.json", "remove") else "is damaged: training starts anew"
    assert told in capsys.readouterr().err


def test_a_second_process_does_not_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = written(), Checkpoint("a" * 32, {})
    with first.claimed() as ours, second.claimed() as theirs:
        assert (ours, theirs) == (True, False)
    with second.claimed() as theirs:
        assert theirs


def test_the_oldest_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST_RUNS", 3)
    for number in range(5):
        folder = written(f"{number}" * 32).folder
        os.utime(folder / "state.json", (number, number))
    assert {one.key[0] for one in stored()} == {"2", "3", "4"}
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 1)
    written("5" * 32)
    assert {one.key[0] for one in stored()} == {"5"}, "its own stays"


def test_the_command_lists_and_removes(textune: Commands) -> None:
    assert "there are no checkpoints" in textune.run("checkpoints")
    written("a" * 32)
    written("ab" * 16)
    listing = textune.run("checkpoints")
    assert "abababababab" in listing
    assert "1 of 9" in listing
    assert "begin with 'a'" in textune.error("checkpoints", "--remove", "a")
    assert "there is no checkpoint 'x'" in textune.error("checkpoints", "--remove", "x")
    textune.run("checkpoints", "--remove", "abab")
    assert [one.key for one in stored()] == ["a" * 32]
    with Checkpoint("a" * 32, {}).claimed():
        assert "is using" in textune.error("checkpoints", "--remove", "aa")
        textune.run("checkpoints", "--remove-all")
    assert len(stored()) == 1, "one in use stays"
    textune.run("checkpoints", "--remove-all")
    assert stored() == []


def test_a_state_is_no_pickle() -> None:
    folder = written().folder
    json.loads((folder / "state.json").read_text())
    (tensors,) = folder.glob("*.safetensors")
    length = int.from_bytes(tensors.read_bytes()[:8], "little")
    json.loads(tensors.read_bytes()[8 : 8 + length])
