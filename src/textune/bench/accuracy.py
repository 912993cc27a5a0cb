"""How long until LoRA with MiniLM reaches an accuracy on validation.

The clock starts before a process of its own does: imports, reading and cleaning, tokenization and
model load are all in. It stops at the first check on all of validation that passes. The checks
come after a fixed number of rows; test is opened once, after the clock has stopped.
"""

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from textune.bench.sample import model_params, prepare
from textune.errors import UserError
from textune.params import Params, check_params

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from textune.data.prepared import Prepared

SEEDS = (0, 1, 2)
# Seldom: with 2,000 rows a check errs by a point, and of many the first lucky one would pass.
CHECK_EVERY = 12_000
# The learning rate falls to zero over so many rows, after which an attempt has failed.
ROWS = 36_000


@dataclass(frozen=True)
class Attempt:
    """One seed: accuracy on validation at each check, and on test that of the model that passed.

    `seconds` run to the last check. `passed` tells whether that one reached the target; if not, the
    model is that of the best check.
    """

    seed: int
    passed: bool
    seconds: float
    rows: int
    validation: list[float]
    test: float


def in_own_process(target: float, params: Params, data: Path | None, seed: int) -> Attempt:
    """Train until validation accuracy is at least `target`, in a process of its own.

    Raises `UserError` if the data set is not there or not valid.
    """
    context = multiprocessing.get_context("spawn")
    connection, other = context.Pipe(duplex=False)
    start = time.time()
    arguments = (other, target, params.model_dump(), data, seed, start)
    process = context.Process(target=_serve, args=arguments, daemon=True)
    process.start()
    other.close()
    try:
        found: Attempt | str = connection.recv()
    except EOFError:
        raise RuntimeError(f"seed {seed}: the process died") from None
    finally:
        process.join()
    if isinstance(found, str):
        raise UserError(found)
    return found


def attempt(
    target: float,
    params: Params,
    data: "Prepared",
    seed: int,
    start: float,
    check_every: int = CHECK_EVERY,
) -> Attempt:
    """Train on `data`, checking every `check_every` rows; `start` is what the clock showed."""
    from textune.bench.checked import CheckedRun

    steps = -(-check_every // params.train.batch_size)
    run = CheckedRun(params, data, seed, target, steps)
    run.train()
    test = run.predict("test")
    right = test.probabilities.argmax(axis=1) == test.labels
    return Attempt(
        seed,
        run.checks.passed,
        run.checks.stopped_at - start,
        run.checks.steps * params.train.batch_size,
        run.checks.accuracies,
        float(right.mean()),
    )


def summary(target: float, found: list[Attempt]) -> Table:
    """One line a seed, and the medians."""
    drawn = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=f"LoRA with MiniLM to {target:g} accuracy on validation",
        caption=f"checked every {CHECK_EVERY:,} rows",
        show_footer=True,
    )
    middle = median(one.seconds if one.passed else float("inf") for one in found)
    footers = (
        "median",
        _minutes(middle) if middle < float("inf") else "not reached",
        f"{median(one.rows for one in found):,.0f}",
        f"{median(one.validation[-1] for one in found):.4f}",
        f"{median(one.test for one in found):.4f}",
    )
    headings = ("seed", "time", "rows trained on", "validation", "test")
    for heading, footer in zip(headings, footers, strict=True):
        drawn.add_column(heading, footer, justify="right" if heading != "seed" else "left")
    for one in found:
        drawn.add_row(
            str(one.seed),
            _minutes(one.seconds) if one.passed else "not reached",
            f"{one.rows:,}",
            f"{one.validation[-1]:.4f}",
            f"{one.test:.4f}",
        )
    return drawn


def _serve(
    connection: "Connection",
    target: float,
    values: dict[str, Any],
    data: Path | None,
    seed: int,
    start: float,
) -> None:
    from textune.training.quiet import quieten

    quieten()
    try:
        params = _for_minilm(check_params(values, "bench"))
        connection.send(attempt(target, params, prepare(params, data), seed, start))
    except UserError as mistake:
        connection.send(str(mistake))


def _for_minilm(params: Params) -> Params:
    """The parameters with MiniLM, one pass, and as many rows as the schedule has."""
    return params.model_copy(
        update={
            "model": model_params("minilm", params.model.max_length, Path()),
            "data": params.data.model_copy(update={"max_train_examples": ROWS}),
            "train": params.train.model_copy(update={"epochs": 1}),
        }
    )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02} min"
