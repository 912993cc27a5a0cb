"""What happens around the epochs: metrics collected, best weights kept, time taken."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from textune.metrics.catalog import CATALOG
from textune.training.checkpoints import State


def trained_weights(model: nn.Module) -> dict[str, nn.Parameter]:
    """By name."""
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


class Validation(NamedTuple):
    """That of one epoch: its metrics, and what Trainer gives a callback."""

    epoch: int
    metrics: dict[str, float]
    state: TrainerState
    control: TrainerControl


class Callback(TrainerCallback):
    """A TrainerCallback that hears of epochs, counted from 0, the untrained model.

    One that the rest of training depends on has a `state`, which `load` takes up.
    """

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        metrics = {name.removeprefix("eval_"): value for name, value in kwargs["metrics"].items()}
        self.on_validated(Validation(round(state.epoch or 0), metrics, state, control))

    def on_validated(self, done: Validation) -> None:
        """Called after the validation of an epoch."""


class History(Callback):
    """Collects the metrics of every validation, with the number of the epoch."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_validated(self, done: Validation) -> None:
        self.epochs.append({**done.metrics, "epoch": done.epoch})

    def state(self) -> State:
        """What `load` takes."""
        return self.epochs

    def load(self, state: State) -> None:
        """Take up the epochs of an ended training."""
        self.epochs[:] = state


class KeepBest(Callback):
    """Remembers the best epoch's trained weights and its outputs for validation.

    On a tie the earlier epoch is the best. `outputs` gives those of the validation just made.
    After `patience` epochs without a better one training stops; with 0 it never does.
    """

    def __init__(
        self,
        model: nn.Module,
        metric: str,
        outputs: Callable[[], NDArray[np.float64] | None],
        patience: int = 0,
    ) -> None:
        self.epoch = 0
        self.outputs: NDArray[np.float64] | None = None
        self._get_outputs = outputs
        self._patience = patience
        self._metric = CATALOG[metric]
        self._best: float | None = None
        self._trained = trained_weights(model)
        self._weights: dict[str, torch.Tensor] = {}

    def on_validated(self, done: Validation) -> None:
        value = done.metrics[self._metric.name]
        if done.epoch > 0 and (self._best is None or self._metric.is_better(value, self._best)):
            self.epoch, self._best = done.epoch, value
            self.outputs = self._get_outputs()
            self._weights = {n: p.detach().clone() for n, p in self._trained.items()}
        if self._patience and done.epoch - self.epoch >= self._patience:
            done.control.should_training_stop = True

    def state(self) -> State:
        """What `load` takes."""
        outputs = None if self.outputs is None else torch.from_numpy(self.outputs)
        kept = {"epoch": self.epoch, "best": self._best}
        return {**kept, "outputs": outputs, "weights": self._weights}

    def load(self, state: State) -> None:
        """Take up the best of the epochs before."""
        self.epoch, self._best = state["epoch"], state["best"]
        self.outputs = None if state["outputs"] is None else state["outputs"].numpy()
        device = next(iter(self._trained.values())).device
        self._weights = {name: tensor.to(device) for name, tensor in state["weights"].items()}

    @torch.no_grad()
    def restore(self) -> None:
        """Put the best weights back into the model; without any, the model stays as it is."""
        for name, weights in self._weights.items():
            self._trained[name].copy_(weights)


class AverageWeights(TrainerCallback):
    """An exponential moving average of the trained weights stands in for them between epochs.

    So it is the average that is validated, and remembered as the best. `decay` is the share of it
    that a step keeps.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._trained = [p for p in model.parameters() if p.requires_grad]
        self._update = get_ema_multi_avg_fn(decay)
        self._average: list[Any] = []
        self._latest: list[torch.Tensor] = []

    def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
        if not self._average:
            self._average = [p.detach().clone() for p in self._trained]

    @torch.no_grad()
    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        self._update(self._average, list(self._trained), 0)

    @torch.no_grad()
    def on_epoch_end(self, *args: Any, **kwargs: Any) -> None:
        self._latest = [p.detach().clone() for p in self._trained]
        for parameter, average in zip(self._trained, self._average, strict=True):
            parameter.copy_(average)

    @torch.no_grad()
    def on_epoch_begin(self, *args: Any, **kwargs: Any) -> None:
        for parameter, latest in zip(self._trained, self._latest, strict=False):
            parameter.copy_(latest)

    def state(self) -> State:
        """What `load` takes, within an epoch."""
        return self._average

    def load(self, state: State) -> None:
        """Take up the average of an ended training, whose latest weights the model has."""
        self._average = [
            average.to(weights.device)
            for average, weights in zip(state, self._trained, strict=True)
        ]


class Stopwatch(TrainerCallback):
    """Seconds spent in training steps, without validation."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._start: float | None = None

    def on_epoch_begin(self, *args: Any, **kwargs: Any) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, *args: Any, **kwargs: Any) -> None:
        self.seconds, self._start = self.so_far, None

    @property
    def so_far(self) -> float:
        """The seconds, with those of the epoch that is not over."""
        running = 0.0 if self._start is None else time.perf_counter() - self._start
        return self.seconds + running
