"""Every part of a checkpoint counts: without it a training goes on to another result."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.ending import (
    SETTINGS,
    MakeParams,
    Result,
    end,
    learner,
    result,
    with_training,
)
from tests.training.training import prepared
from textune.data.tokenized import Prepared
from textune.training.batches import LengthGroupedBatches
from textune.training.checkpoints import Checkpoint, stored
from textune.training.fast.dropout import FastDropout


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    """Twelve steps an epoch."""
    return prepared(tmp_path, tiny_params("bert"), {"train": 94, "val": 30, "test": 31})


def zeroed(state: Any, *path: str) -> None:
    for key in path[:-1]:
        state = state[key]
    state[path[-1]] = 0 * state[path[-1]]


def _no_weights(state: Any) -> None:
    state["weights"] = {}


def _no_moments(state: Any) -> None:
    for moments in state["training"]["optimizer"]["parameters"].values():
        zeroed(moments, "exp_avg")


def _first_step_of_the_schedule(state: Any) -> None:
    state["training"]["scheduler"]["last_epoch"] = 0


def _other_numbers(state: Any) -> None:
    state["training"]["random"]["torch"] = torch.Generator().manual_seed(0).get_state()


def _other_masks(state: Any) -> None:
    state["training"]["dropout"] = FastDropout(0).random_state()


def _first_batches(state: Any) -> None:
    first = LengthGroupedBatches(torch.zeros(0).numpy(), 8, 0)
    state["training"]["batches"] = first.state_of_pass(within=False)


def _no_average(state: Any) -> None:
    state["average"] = [0 * tensor for tensor in state["average"]]


def _no_best(state: Any) -> None:
    state["best"] = {"epoch": 0, "best": None, "outputs": None, "weights": {}}


def _no_loss(state: Any) -> None:
    zeroed(state, "training", "loss_sum")


def _just_logged(state: Any) -> None:
    state["training"]["last_logged"] = 17


def _no_history(state: Any) -> None:
    del state["history"][-1]


LOSES: list[tuple[str, Callable[[Any], None]]] = [
    ("lora", _no_weights),
    ("lora", _no_moments),
    ("lora", _first_step_of_the_schedule),
    ("between epochs", _other_numbers),
    ("lora", _other_masks),
    ("lora", _first_batches),
    ("full, averaged", _no_average),
    ("the first epoch is the best", _no_best),
    ("lora", _no_loss),
    ("lora", _just_logged),
    ("lora", _no_history),
]


# By setting the state when it was ended, and the result of going on.
ENDED: dict[str, tuple[Any, Result]] = {}


@pytest.mark.parametrize(("setting", "spoil"), LOSES)
def test_without_one_part_of_the_state_the_result_is_another(
    setting: str,
    spoil: Callable[[Any], None],
    tiny_params: MakeParams,
    data: Prepared,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, changes, steps = SETTINGS[setting]
    params = with_training(tiny_params, changes)
    if setting not in ENDED:
        end(params, name, data, steps, tmp_path / "ended")
        (one,) = stored()
        state = Checkpoint(one.key, {}).read()
        right = result(learner(params, name, data, tmp_path / "right"), tmp_path / "right")
        ENDED[setting] = state, right
    state, right = copy.deepcopy(ENDED[setting])
    spoil(state)
    monkeypatch.setattr(Checkpoint, "read", lambda self: state)
    spoiled = result(learner(params, name, data, tmp_path / "spoiled"), tmp_path / "spoiled")
    assert spoiled != right
