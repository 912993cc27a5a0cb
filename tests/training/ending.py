"""Trainings that are told to end, in many settings, and all that is kept of one that went on."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from transformers import TrainerCallback

from tests.tiny import METHODS
from textune.data.tokenized import Prepared
from textune.interrupts import Interrupted
from textune.metrics.catalog import OF_EPOCHS
from textune.params import Params
from textune.pipeline.learners import make_learner
from textune.training.learner import EncoderLearner

MakeParams = Callable[..., Params]
# An epoch has so many.
STEPS = 12


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


class EndAtOnce(TrainerCallback):
    """Tells the process to end before the first step."""

    def on_epoch_begin(self, *args: Any, **kwargs: Any) -> None:
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


def end(
    params: Params, name: str, data: Prepared, steps: int, live: Path, at_once: bool = False
) -> str:
    """Train for so many steps, or none if it is told at once; what is said at the end."""
    run = learner(params, name, data, live)
    run.trainer.add_callback(EndAtOnce() if at_once else End(steps))
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
    "head over features": ("baseline", {}, 17),
    "cosine, layers at rates of their own": (
        "full",
        {"lr_scheduler": "cosine", "layer_decay": 0.8},
        29,
    ),
    # So slow that no prediction changes: of equal epochs the first is kept.
    "the first epoch is the best": (
        "full",
        {"rate": 1e-6, "patience": 1, "lr_scheduler": "constant"},
        17,
    ),
}


# What others nearly are.
MORE_OF_A_KIND = {
    "full, averaged, between epochs",
    "adapters, dropout of torch",
    "cosine, layers at rates of their own",
}


def with_training(tiny_params: MakeParams, changes: dict[str, Any]) -> Params:
    fast = {**tiny_params("bert").train.fast.model_dump(), **changes.get("fast", {})}
    recipe = {"learning_rate": changes.get("rate", 0.01), "epochs": None}
    train = {"epochs": 3, **changes, "fast": fast}
    train.pop("rate", None)
    return tiny_params("bert", train=train, **dict.fromkeys(METHODS, recipe))
