"""LoRA as `train` runs it, but checked on validation in between and stopped once it passes."""

import time
from typing import Any

from transformers import TrainerControl, TrainerState, TrainingArguments

from textune.data.prepared import Prepared
from textune.params import Params
from textune.training.callbacks import Callback
from textune.training.run import Run


class Checks(Callback):
    """Validates after every `every` steps; stops training at an accuracy of `target` or more.

    `accuracies` has all checks, `steps` and `stopped_at` (time.time) are those of the last.
    """

    def __init__(self, target: float, every: int) -> None:
        self._target, self._every = target, every
        self.accuracies: list[float] = []
        self.passed = False
        self.steps = 0
        self.stopped_at = 0.0

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if state.global_step % self._every == 0:
            control.should_evaluate = True

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # Trainer validates once more when it has been stopped.
        if self.passed or state.global_step == self.steps:
            return
        self.accuracies.append(kwargs["metrics"]["eval_accuracy"])
        self.steps, self.stopped_at = state.global_step, time.time()
        self.passed = self.accuracies[-1] >= self._target
        control.should_training_stop = self.passed


class CheckedRun(Run):
    """A run of LoRA with `checks`; its model stays as it was when it passed."""

    def __init__(
        self, params: Params, data: Prepared, seed: int, target: float, every: int
    ) -> None:
        super().__init__("lora", params, data, seed)
        self.checks = Checks(target, every)
        self.trainer.add_callback(self.checks)
        # The untrained model need not be checked.
        self.trainer.args.eval_on_start = False
