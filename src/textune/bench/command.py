"""`textune bench`: from the options to what is printed."""

import contextlib
import platform
import re
import sys
from collections.abc import Callable, Iterator
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
    pieces: bool,
    same_learning: bool,
    to_accuracy: float | None,
) -> None:
    """Measure the speed of training, or what an option asks for instead, and print it.

    All contenders learn as stock Trainer does, so what textune adds to learning is left out.
    Raises `UserError` for an option that is wrong or does not go with another.
    """
    if data is not None and not data.is_dir():
        raise UserError(f"--data is {data}, which is no folder; it should be in TweetEval's layout")
    if json is not None and not json.absolute().parent.is_dir():
        raise UserError(f"--json is {json}, but there is no folder {json.absolute().parent}")
    if pieces + same_learning + (to_accuracy is not None) > 1:
        raise UserError("choose one of --pieces, --same-learning and --to-accuracy")
    if (same_learning or to_accuracy is not None) and (models or methods or quick or json):
        raise UserError("--same-learning and --to-accuracy go with no other option than --data")
    if to_accuracy is not None and not 0 < to_accuracy < 1:
        raise UserError(f"--to-accuracy is {to_accuracy:g}; it should be between 0 and 1")
    stock = {"layer_decay": 1.0, "label_smoothing": 0.0, "class_weight": "none", "ema_decay": 0.0}
    params = params.model_copy(update={"train": params.train.model_copy(update=stock)})
    if same_learning:
        _same_learning(params, data)
    elif to_accuracy is not None:
        _time_to(to_accuracy, params, data)
    elif pieces:
        plan = make_plan(params, models or ["minilm"], methods or ["lora"], quick)
        _pieces(plan, params, data, json)
    else:
        _speed(make_plan(params, models, methods, quick), params, data, json)


def _speed(plan: Plan, params: Params, data: Path | None, json: Path | None) -> None:
    from textune.bench.rounds import measure, turns
    from textune.bench.table import rows, table, write_rows

    with _ticking(turns(plan)) as tick:
        found = rows(measure(plan, params, data, tick))
    if json is not None:
        write_rows(json, found)
    _console().print(table(found), _machine(params), sep="")


def _pieces(plan: Plan, params: Params, data: Path | None, json: Path | None) -> None:
    from textune.bench.pieces import contenders, measure_pieces, table, write_gains
    from textune.bench.rounds import turns

    with _ticking(turns(plan, contenders(params))) as tick:
        found = measure_pieces(plan, params, data, tick)
    if json is not None:
        write_gains(json, found)
    _console().print(table(found), _machine(params), sep="")


def _same_learning(params: Params, data: Path | None) -> None:
    from textune.bench.learning import pairs, verdict
    from textune.bench.sample import prepare
    from textune.training.quiet import quieten

    quieten()
    found = []
    for pair in pairs(params, prepare(params, data)):
        found.append(pair)
        print(f"seed {pair.seed}  fast {pair.fast:.4f}  plain {pair.plain:.4f}", flush=True)
    print(verdict(found))
    print(_machine(params))


def _time_to(accuracy: float, params: Params, data: Path | None) -> None:
    from textune.bench.accuracy import SEEDS, in_own_process, summary

    found = [in_own_process(accuracy, params, data, seed) for seed in SEEDS]
    _console().print(summary(accuracy, found), _machine(params), sep="")


def _machine(params: Params) -> str:
    """What the figures belong to."""
    import torch

    from textune.training.hardware import choose_device, choose_precision

    device = choose_device(params.train)
    name = torch.cuda.get_device_name() if device == "cuda" else _processor()
    precision = choose_precision(params.train, device)
    return f"{name}, {torch.get_num_threads()} CPU threads, textune in {precision}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", lines.read_text()) if lines.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


@contextlib.contextmanager
def _ticking(total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar, and a function that moves it on to what it is told is being done."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("", total=total)

        def tick(doing: str) -> None:
            begun = bool(progress.tasks[0].description)
            progress.update(task, advance=int(begun), description=doing)

        yield tick


def _console() -> Console:
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE  # a log or pipe gains nothing from lines broken at 80
    return console
