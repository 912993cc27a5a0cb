"""A training that was ended goes on to the same result, to the bit."""

import copy
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from transformers import TrainerCallback

from tests.tiny import METHODS
from tests.training.training import prepared
from textune.data.tokenized import Prepared
from textune.interrupts import Interrupted
from textune.metrics.catalog import OF_EPOCHS
from textune.params import Params
from textune.pipeline.learners import make_learner
from textune.training.batches import LengthGroupedBatches
from textune.training.checkpoints import Checkpoint, stored
from textune.training.fast.dropout import FastDropout
from textune.training.learner import EncoderLearner
from textune.training.randomness import random_state, set_random_state

MakeParams = Callable[..., Params]
STEPS = 12


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUNE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    """Twelve steps an epoch."""
    return prepared(tmp_path, tiny_params("bert"), {"train": 94, "val": 30, "test": 31})


class End(TrainerCallback):
    """Tells the process to end after so many steps, or before the epoch that begins then."""

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self._steps and self._steps % STEPS:
            os.kill(os.getpid(), signal.SIGTERM)

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self._steps:
            os.kill(os.getpid(), signal.SIGTERM)


class Result(NamedTuple):
    """Everything of a training that is kept, times apart."""

    weights: dict[str, bytes]
    best_epoch: int
    predictions: list[bytes]
    epochs: list[list[float]]
    live: dict[str, str]


def learner(params: Params, name: str, data: Prepared, live: Path) -> EncoderLearner:
    made = make_learner(params, name, data, 0, live, resumes=True)
    assert isinstance(made, EncoderLearner)
    made.start()
    return made


def result(run: EncoderLearner, live: Path) -> Result:
    epochs = [[epoch[name] for name in OF_EPOCHS] for epoch in run.fit()]
    return Result(
        {name: tensor.numpy().tobytes() for name, tensor in run.model.state_dict().items()},
        run.best_epoch,
        [run.predict(split).probabilities.tobytes() for split in ("validation", "test")],
        epochs,
        {str(path.relative_to(live)): path.read_text() for path in live.rglob("*.tsv")},
    )


def end(params: Params, name: str, data: Prepared, steps: int, live: Path) -> str:
    """Train for so many steps; what is said at the end."""
    run = learner(params, name, data, live)
    run.trainer.add_callback(End(steps))
    with pytest.raises(Interrupted) as interrupted:
        run.fit()
    assert interrupted.value.exit_code == 143
    return str(interrupted.value)


TORCH_DROPOUT = {"fast": {"dropout": False, "attention": False}}
# Method, what is special about training, and the steps after which it is ended: within an epoch, or
# before an epoch begins.
SETTINGS: dict[str, tuple[str, dict[str, Any], int]] = {
    "lora": ("lora", {}, 17),
    "full, averaged": ("full", {"ema_decay": 0.7}, 17),
    "full, averaged, between epochs": ("full", {"ema_decay": 0.7}, 24),
    "adapters, dropout of torch": ("adapter", TORCH_DROPOUT, 5),
    "between epochs": ("lora", TORCH_DROPOUT, 12),
    "not grouped": ("lora", {"group_by_length": False}, 17),
    "head over features": ("baseline", {}, 17),
    "head over features, between epochs": ("baseline", {}, 24),
    "cosine, layers at rates of their own": (
        "full",
        {"lr_scheduler": "cosine", "layer_decay": 0.8},
        29,
    ),
    "the first epoch is the best": (
        "full",
        {"rate": 0.2, "metric_for_best_model": "loss", "patience": 1, "lr_scheduler": "constant"},
        17,
    ),
}


def with_training(tiny_params: MakeParams, changes: dict[str, Any]) -> Params:
    fast = {**tiny_params("bert").train.fast.model_dump(), **changes.get("fast", {})}
    recipe = {"learning_rate": changes.get("rate", 0.01), "epochs": None}
    train = {"epochs": 3, **changes, "fast": fast}
    train.pop("rate", None)
    return tiny_params("bert", train=train, **dict.fromkeys(METHODS, recipe))


@pytest.mark.parametrize("setting", SETTINGS)
def test_an_ended_training_goes_on_to_the_same_result(
    setting: str, tiny_params: MakeParams, data: Prepared, tmp_path: Path
) -> None:
    name, changes, steps = SETTINGS[setting]
    params = with_training(tiny_params, changes)
    expected = result(learner(params, name, data, tmp_path / "live"), tmp_path / "live")
    (one,) = stored()
    Checkpoint(one.key, {}).remove()
    told = end(params, name, data, steps, tmp_path / "ended")
    total = STEPS * params.train.epochs
    assert told == (
        f"stopped by SIGTERM: step {steps} of {total} is kept; the same command goes on from there"
    )
    gone_on = learner(params, name, data, tmp_path / "gone_on")
    seen: list[int] = []
    step = gone_on.trainer.training_step

    def watched(*args: Any, **kwargs: Any) -> torch.Tensor:
        seen.append(gone_on.trainer.state.global_step)
        return step(*args, **kwargs)

    gone_on.trainer.training_step = watched  # type: ignore[method-assign]
    assert result(gone_on, tmp_path / "gone_on") == expected
    assert seen[0] == steps, "it should not begin anew"
    # What is done is not done again, and gone when it is kept elsewhere.
    again = learner(params, name, data, tmp_path / "again")
    again.trainer.train = lambda **kwargs: pytest.fail("it trains")  # type: ignore[method-assign]
    assert result(again, tmp_path / "again") == expected
    again.forget()
    assert stored() == []


def zeroed(state: Any, *path: str) -> None:
    for key in path[:-1]:
        state = state[key]
    state[path[-1]] = 0 * state[path[-1]]


def _no_weights(state: Any) -> None:
    state["weights"] = {}


def _no_moments(state: Any) -> None:
    for moments in state["training"]["optimizer"]["parameters"]:
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


def test_every_random_generator_goes_on() -> None:
    import random

    import numpy as np

    def draw() -> tuple[float, float, float]:
        return random.random(), float(np.random.rand()), torch.rand(1).item()

    state = random_state()
    expected = draw()
    assert draw() != expected
    set_random_state(state)
    assert draw() == expected


@pytest.mark.parametrize(
    ("section", "changes"),
    [
        ("lora", {"r": 2}),
        ("lora", {"learning_rate": 0.02}),
        ("train", {"weight_decay": 0.5}),
        ("train", {"epochs": 4}),
        ("model", {"max_length": 31}),
    ],
)
def test_another_parameter_never_goes_on_from_a_checkpoint(
    section: str,
    changes: dict[str, Any],
    tiny_params: MakeParams,
    data: Prepared,
) -> None:
    def key(**sections: dict[str, Any]) -> str:
        made = make_learner(tiny_params("bert", **sections), "lora", data, 0, resumes=True)
        assert isinstance(made, EncoderLearner)
        assert made.checkpoint is not None
        return made.checkpoint.folder.name

    assert key() == key() == key(train={"checkpoint_minutes": 1.0, "seeds": [0, 7]})
    assert key(**{section: changes}) != key()
