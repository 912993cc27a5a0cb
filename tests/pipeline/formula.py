"""A learner that learns as a formula says, for tests of the search for recipes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.pipeline.searching import make_params
from tests.tiny import CLEANING
from textune.data.tokenized import Prepared, PreparedSplit
from textune.params import Params
from textune.pipeline import trial_training
from textune.runs.record import Cost

# Batches of 32: 40 steps an epoch, so a short trial has 3 epochs.
TRAIN = 1280
BEST_RATE = 0.003


def loss(rate: float, epochs: int) -> float:
    """Smooth, the best at `BEST_RATE`, and lower with more epochs up to 9."""
    return 0.6 + 0.05 * math.log(rate / BEST_RATE) ** 2 + 0.3 / min(epochs, 9)


class FakeLearner:
    """Learns as `loss` says, the best epoch being the last."""

    def __init__(self, params: Params, name: str, data: Prepared, seed: int) -> None:
        section = params.sections[name]
        self.rate, self.epochs = section["learning_rate"], params.training(name).epochs
        self.best_epoch = self.epochs
        self.made = (name, self.rate, self.epochs, seed)
        self.starts: Callable[[Any], None] = print

    def start(self) -> None:
        self.starts(self.made)

    def forget(self) -> None:
        """Nothing is kept."""

    def fit(self) -> list[dict[str, float]]:
        kept = {"calibrated_loss": loss(self.rate, self.epochs), "accuracy": 0.7}
        return [{**kept, "macro_recall": 0.6, "macro_f1": 0.5}] * (self.epochs + 1)

    def cost(self) -> Cost:
        nothing = dict.fromkeys(Cost.model_fields, 0)
        return Cost.model_validate({**nothing, "training_flops": 1e9 * self.epochs})


def replace_learners(monkeypatch: pytest.MonkeyPatch, kind: Callable[..., Any]) -> list[Any]:
    trained: list[Any] = []

    def make(*arguments: Any, resumes: bool) -> FakeLearner:
        assert resumes
        learner: FakeLearner = kind(*arguments)
        learner.starts = trained.append
        return learner

    monkeypatch.setattr(trial_training, "make_learner", make)
    return trained


def data(examples: int = TRAIN, first_token: int = 1) -> Prepared:
    tokens = np.full(examples, first_token, np.int32)
    split = PreparedSplit(
        [f"row-{number}" for number in range(examples)],
        np.arange(examples) % 3,
        tokens,
        np.arange(examples),
        np.ones(examples, np.int64),
        None,
    )
    return Prepared(["a", "b", "c"], CLEANING, split, split, None)


def everything(**changes: Any) -> Params:
    return make_params(tune={"all": True, "max_epochs": 15, "trials": 5, "seed": 0}, **changes)
