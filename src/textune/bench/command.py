"""`textune bench`: from the options to what is printed."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from textune.bench.plan import Plan, make_plan
from textune.errors import UserError
from textune.params import Params

_WIDE = 120


def bench(
    params: Params,
    *,
    models: list[str],
    methods: list[str],
    quick: bool,
    data: Path | None,
    json: Path | None,
    to_accuracy: float | None,
) -> None:
    """Measure the speed of training or, with `to_accuracy`, the time until it is reached; print.

    Raises `UserError` for an option that is wrong or does not go with another.
    """
    if data is not None and not data.is_dir():
        raise UserError(f"--data is {data}, which is no folder; it should be in TweetEval's layout")
    if json is not None and not json.absolute().parent.is_dir():
        raise UserError(f"--json is {json}, but there is no folder {json.absolute().parent}")
    if to_accuracy is None:
        _speed(make_plan(params, models, methods, quick), params, data, json)
    elif models or methods or quick or json:
        raise UserError("--to-accuracy is always of LoRA with MiniLM; only --data goes with it")
    elif not 0 < to_accuracy < 1:
        raise UserError(f"--to-accuracy is {to_accuracy:g}; it should be between 0 and 1")
    else:
        _time_to(to_accuracy, params, data)


def _speed(plan: Plan, params: Params, data: Path | None, json: Path | None) -> None:
    from textune.bench.rounds import measure, turns
    from textune.bench.table import rows, table, write_rows

    with _progress() as progress:
        task = progress.add_task("", total=turns(plan))

        def tick(doing: str) -> None:
            begun = bool(progress.tasks[0].description)
            progress.update(task, advance=int(begun), description=doing)

        found = rows(measure(plan, params, data, tick))
    if json is not None:
        write_rows(json, found)
    _console().print(table(found))


def _time_to(accuracy: float, params: Params, data: Path | None) -> None:
    from textune.bench.accuracy import SEEDS, in_own_process, summary

    found = [in_own_process(accuracy, params, data, seed) for seed in SEEDS]
    _console().print(summary(accuracy, found))


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def _console() -> Console:
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE  # a log or pipe gains nothing from lines broken at 80
    return console
