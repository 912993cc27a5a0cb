"""How long until LoRA with MiniLM reaches an accuracy on validation.

The clock starts before a process of its own does: imports, reading and cleaning, tokenization and
loading the model all count. It stops at the first check on all of validation that passes. The
checks come after a fixed number of examples; test is opened once, after the clock has stopped.
"""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.table import Table
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from benchmarks.sample import model_params, prepare
from textune.data.tokenized import Prepared
from textune.params import Params, check_params
from textune.pipeline.learners import make_learner
from textune.training.learner import EncoderLearner
from textune.training.quiet import quieten

SEEDS = (0, 1, 2)
# Seldom: with 2,000 examples a check errs by a point, and of many the first lucky one would pass.
CHECK_EVERY = 12_000
# The learning rate falls to zero over so many examples, after which an attempt has failed.
EXAMPLES = 36_000
_METHOD = "lora"


@dataclass(frozen=True)
class Attempt:
    """One seed: accuracy on validation at each check, and on test that of the kept model.

    `seconds` run to the last check. `passed` tells whether that one reached the target: its model
    is the kept one. If not, the kept one is the best of the checks after half an epoch.
    """

    seed: int
    passed: bool
    seconds: float
    examples: int
    validation: list[float]
    test: float


class Checks(TrainerCallback):
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


def in_own_process(target: float, params: Params, data: Path | None, seed: int) -> Attempt:
    """Train until validation accuracy is at least `target`, in a process of its own.

    Raises `UserError` if the data set is not there or not valid.
    """
    start = time.time()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_serve, target, params.dump(), data, seed, start).result()


def attempt(
    target: float,
    params: Params,
    data: Prepared,
    seed: int,
    start: float,
    check_every: int = CHECK_EVERY,
) -> Attempt:
    """Train on `data`, with a check every `check_every` examples; the clock read `start` at first.

    The best model is kept by accuracy, whatever `params` say: it is the one that passes.
    """
    by_accuracy = params.train.model_copy(update={"metric_for_best_model": "accuracy"})
    params = params.model_copy(update={"train": by_accuracy})
    checks = Checks(target, -(-check_every // params.train.batch_size))
    learner = make_learner(params, _METHOD, data, seed)
    assert isinstance(learner, EncoderLearner)
    learner.start()
    learner.trainer.add_callback(checks)
    learner.fit()
    test = learner.predict("test")
    correct = params.task.decide(test.probabilities) == test.labels
    return Attempt(
        seed,
        checks.passed,
        checks.stopped_at - start,
        checks.steps * params.train.batch_size,
        checks.accuracies,
        float(correct.mean()),
    )


def summary(target: float, attempts: Sequence[Attempt]) -> Table:
    """One line a seed, and the medians."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=f"LoRA with MiniLM to {target:g} accuracy on validation",
        caption=f"checked every {CHECK_EVERY:,} examples",
        show_footer=True,
    )
    footers = (
        "median",
        _minutes(median(a.seconds if a.passed else float("inf") for a in attempts)),
        f"{median(a.examples for a in attempts):,.0f}",
        f"{median(a.validation[-1] for a in attempts):.4f}",
        f"{median(a.test for a in attempts):.4f}",
    )
    headings = ("seed", "time", "examples trained on", "validation", "test")
    for heading, footer in zip(headings, footers, strict=True):
        table.add_column(heading, footer, justify="right" if heading != "seed" else "left")
    for a in attempts:
        table.add_row(
            str(a.seed),
            _minutes(a.seconds if a.passed else float("inf")),
            f"{a.examples:,}",
            f"{a.validation[-1]:.4f}",
            f"{a.test:.4f}",
        )
    return table


def _serve(
    target: float, values: dict[str, Any], data: Path | None, seed: int, start: float
) -> Attempt:
    quieten()
    params = check_params(values, "params.yaml")
    params = params.model_copy(
        update={
            "model": model_params("minilm", params.model.max_length, Path()),
            "data": params.data.model_copy(update={"max_train_examples": EXAMPLES}),
            "train": params.train.model_copy(update={"epochs": 1}),
        }
    )
    return attempt(target, params, prepare(params, data), seed, start)


def _minutes(seconds: float) -> str:
    if seconds == float("inf"):
        return "not reached"
    return f"{int(seconds) // 60}:{int(seconds) % 60:02} min"
