"""What happens around the epochs: best weights kept, metrics recorded, progress shown."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from dvclive import Live
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from scmrepo.exceptions import SCMError
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from textune.errors import UserError
from textune.metrics.catalog import CATALOG


class Callback(TrainerCallback):
    """A TrainerCallback that hears of epochs, counted from 0, the untrained model."""

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        metrics = {name.removeprefix("eval_"): value for name, value in kwargs["metrics"].items()}
        self.on_validated(round(state.epoch or 0), metrics, state)

    def on_validated(self, epoch: int, metrics: dict[str, float], state: TrainerState) -> None:
        """Called after the validation of `epoch`."""


class History(Callback):
    """Collects the metrics of every validation, with the number of the epoch."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_validated(self, epoch: int, metrics: dict[str, float], state: TrainerState) -> None:
        self.epochs.append({**metrics, "epoch": epoch})


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
        self._trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self._weights: dict[str, torch.Tensor] = {}

    def on_validated(self, epoch: int, metrics: dict[str, float], state: TrainerState) -> None:
        value = metrics[self._metric.name]
        if epoch > 0 and (self._best is None or self._metric.is_better(value, self._best)):
            self.epoch, self._best = epoch, value
            self.outputs = self._get_outputs()
            self._weights = {n: p.detach().clone() for n, p in self._trained.items()}

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        super().on_evaluate(args, state, control, **kwargs)
        if self._patience and round(state.epoch or 0) - self.epoch >= self._patience:
            control.should_training_stop = True

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


class RecordLive(Callback):
    """Writes each epoch to dvclive as one step.

    Raises `UserError` in a git repository without a commit, which dvclive cannot work in.
    """

    def __init__(self, folder: Path, metrics: tuple[str, ...]) -> None:
        try:
            self._live = Live(str(folder), dvcyaml=False, save_dvc_exp=False)
        except SCMError as error:
            raise UserError(f"dvclive: {error}; commit something with git first") from None
        self._metrics = metrics

    def on_validated(self, epoch: int, metrics: dict[str, float], state: TrainerState) -> None:
        self._live.step = epoch
        logged = [entry for entry in state.log_history if "loss" in entry]
        if epoch > 0 and logged:
            self._live.log_metric("train/loss", logged[-1]["loss"])
            self._live.log_metric("train/learning_rate", logged[-1]["learning_rate"])
        for name in self._metrics:
            self._live.log_metric(f"validation/{name}", metrics[name])
        self._live.next_step()

    def end(self) -> None:
        """Close the record."""
        self._live.end()


class Stopwatch(TrainerCallback):
    """Seconds spent in training steps, without validation."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._start = 0.0

    def on_epoch_begin(self, *args: Any, **kwargs: Any) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, *args: Any, **kwargs: Any) -> None:
        self.seconds += time.perf_counter() - self._start


class ShowProgress(TrainerCallback):
    """A bar with steps, speed and remaining time, in a terminal only."""

    def __init__(self, title: str, examples_per_epoch: int) -> None:
        self._examples = examples_per_epoch
        self._progress = Progress(
            TextColumn(title),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]:.0f} examples/s"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task(title, total=None, speed=0.0)
        self._start = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._start = time.perf_counter()
        self._progress.start()
        self._progress.update(self._task, total=state.max_steps)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        speed = (state.epoch or 0) * self._examples / (time.perf_counter() - self._start)
        self._progress.update(self._task, completed=state.global_step, speed=speed)

    def on_train_end(self, *args: Any, **kwargs: Any) -> None:
        self._progress.stop()
