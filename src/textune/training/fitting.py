"""Training to the end, from the start or on from a checkpoint, and what is to be told of it."""

import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from textune.config.sections import TrainParams
from textune.interrupts import Pending
from textune.training import processes
from textune.training.callbacks import (
    AverageWeights,
    History,
    KeepBest,
    Stopwatch,
    trained_weights,
)
from textune.training.checkpoints import Checkpoint, State
from textune.training.hardware import choose_device, peak_memory_mib
from textune.training.trainer import TextTrainer

# Training goes on at least so many times as long as the last checkpoint took to write.
_APART = 50
# Seconds that a signal waits for the end of a validation.
_PATIENCE = 3


class Fitting:
    """One training. `best` has its best epoch; `seconds` is what it took, before an end as well.

    peak_before: the most memory in MiB that was held before an end.
    """

    def __init__(
        self,
        trainer: TextTrainer,
        model: nn.Module,
        params: TrainParams,
        history: History,
        outputs: Callable[[], NDArray[np.float64] | None],
    ) -> None:
        self.best = KeepBest(model, params.metric_for_best_model, outputs, params.patience)
        self.trainer = trainer
        self._device = choose_device(params)
        self.peak_before = 0.0
        self._params = params
        self._weights = trained_weights(model)
        self._stopwatch = Stopwatch()
        self._average = AverageWeights(model, params.ema_decay) if params.ema_decay else None
        # Parts whose state is kept beside the trainer's, by name.
        self._parts: dict[str, Any] = {"history": history, "best": self.best}
        if self._average is not None:
            self._parts["average"] = self._average

    @property
    def seconds(self) -> float:
        """In encoding train and in training steps."""
        return self._stopwatch.so_far

    def run(
        self,
        pending: Pending,
        checkpoint: Checkpoint | None,
        state: State | None,
        encoding_seconds: float,
    ) -> None:
        """Train to the end, and leave the best epoch's weights in the model.

        pending: looked at after every step; checkpoint: written now and then and in the end;
        state: what it had; encoding_seconds: what encoding train took. Raises `Interrupted` and
        `DivergedError`.
        """
        finished = state is not None and state["finished"]
        self._stopwatch.seconds = encoding_seconds
        if state is not None:
            self._load(state)
        if not finished:
            if self._average is not None:
                self.trainer.add_callback(self._average)
            # After the average has left the model to the latest weights.
            minutes = self._params.checkpoint_minutes
            self.trainer.add_callback(_Checkpoints(self, checkpoint, pending, minutes))
            self.trainer.add_callback(self._stopwatch)
            self.trainer.add_callback(self.best)
            self.trainer.train_on(state and state["training"])
            if checkpoint is not None and _write(
                checkpoint, self.state(finished=True), self.trainer.state
            ):
                pending.done = "all of training is kept; the same command goes on from there"
        self.best.restore()

    def state(self, finished: bool) -> State:
        """All that `run` goes on from. A finished training is its best weights."""
        state = {
            "finished": finished,
            "seconds": self.seconds,
            "peak_memory_mib": max(self.peak_before, peak_memory_mib(self._device)),
            "logged": self.trainer.state.log_history,
            **{name: part.state() for name, part in self._parts.items()},
        }
        if not finished:
            state |= {"training": self.trainer.state_so_far(), "weights": self._weights}
        return state

    @torch.no_grad()
    def _load(self, state: State) -> None:
        self._stopwatch.seconds = state["seconds"]
        self.peak_before = state["peak_memory_mib"]
        for name, part in self._parts.items():
            part.load(state[name])
        for name, tensor in state.get("weights", {}).items():
            self._weights[name].copy_(tensor)


class _Checkpoints(TrainerCallback):
    """Writes a checkpoint after each epoch, now and then within one, and when told to end."""

    def __init__(
        self, fitting: Fitting, checkpoint: Checkpoint | None, pending: Pending, minutes: float
    ) -> None:
        self._fitting, self._checkpoint, self._pending = fitting, checkpoint, pending
        self._every = 60 * minutes
        self._last, self._took = time.perf_counter(), 0.0
        self._begun_at = 0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._begun_at = state.global_step
        if self._begun_at > 0:
            self._tell_what_is_kept(state)

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._told_to_end() or self._since > _APART * self._took:
            self._keep(state)
        self._pending.stop()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.global_step * args.num_train_epochs % state.max_steps == 0:
            # The epoch is over, and Trainer could not go on with its validation.
            return
        due = self._since > max(self._every, _APART * self._took)
        if self._told_to_end() or due:
            self._keep(state)
        self._pending.stop()

    def on_prediction_step(self, *args: Any, **kwargs: Any) -> None:
        # After validation all is kept; but whoever wants an end should not wait for long.
        if self._pending.seconds > _PATIENCE:
            self._pending.stop()

    def _told_to_end(self) -> bool:
        """Whether any process was: then all end after the same step."""
        told = processes.any_of(bool(self._pending))
        if told and not self._pending:
            self._pending.note(signal.SIGTERM)
        return told

    def _tell_what_is_kept(self, state: TrainerState) -> None:
        self._pending.done = (
            f"step {state.global_step} of {state.max_steps} is kept; the same command goes on from"
            " there"
        )

    @property
    def _since(self) -> float:
        return time.perf_counter() - self._last

    def _keep(self, state: TrainerState) -> None:
        # Before its first step a training has nothing new, and one that goes on has not yet taken
        # up the state of its random generators.
        if self._checkpoint is None or state.global_step == self._begun_at:
            return
        start = time.perf_counter()
        if _write(self._checkpoint, self._fitting.state(finished=False), state):
            self._tell_what_is_kept(state)
        self._last = time.perf_counter()
        self._took = self._last - start


def _write(checkpoint: Checkpoint, state: State, progress: TrainerState) -> bool:
    """Whether there was room for it: training goes on without."""
    try:
        checkpoint.write(state, step=progress.global_step, steps=progress.max_steps)
    except OSError as error:
        print(f"no checkpoint could be written: {error}", file=sys.stderr)
        return False
    return True
