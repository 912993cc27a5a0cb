"""Training as others see it: dvclive's record of every epoch, and a bar in a terminal."""

import sys
import time
from pathlib import Path
from typing import Any

from dvclive import Live
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from scmrepo.exceptions import SCMError
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from textune.errors import UserError
from textune.training import processes
from textune.training.callbacks import Callback, Validation


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

    def on_validated(self, done: Validation) -> None:
        self._record(done.epoch, done.metrics, done.state.log_history)

    def replay(self, epochs: list[dict[str, float]], log_history: list[dict[str, float]]) -> None:
        """Write the epochs of an ended training, whose record DVC removed."""
        for epoch, metrics in enumerate(epochs[1:], start=1):
            until = [entry for entry in log_history if entry["epoch"] <= epoch]
            self._record(epoch, metrics, until)

    def _record(
        self, epoch: int, metrics: dict[str, float], log_history: list[dict[str, float]]
    ) -> None:
        self._live.step = epoch
        logged = [entry for entry in log_history if "loss" in entry]
        if epoch > 0 and logged:
            self._live.log_metric("train/loss", logged[-1]["loss"])
            self._live.log_metric("train/learning_rate", logged[-1]["learning_rate"])
        for name in self._metrics:
            self._live.log_metric(f"validation/{name}", metrics[name])
        self._live.next_step()

    def end(self) -> None:
        """Close the record."""
        self._live.end()


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
            disable=not sys.stderr.isatty() or processes.rank() > 0,
        )
        self._task = self._progress.add_task(title, total=None, speed=0.0)
        self._start, self._from = 0.0, 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._start, self._from = time.perf_counter(), state.epoch or 0
        self._progress.start()
        self._progress.update(self._task, total=state.max_steps)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        trained = ((state.epoch or 0) - self._from) * self._examples
        speed = trained / (time.perf_counter() - self._start)
        self._progress.update(self._task, completed=state.global_step, speed=speed)

    def on_train_end(self, *args: Any, **kwargs: Any) -> None:
        self._progress.stop()

    def stop(self) -> None:
        """Take the bar away, also from a training that was ended."""
        self._progress.stop()
