"""What the commands print around their figures: progress, and the machine."""

import contextlib
import platform
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from textune.params import Params

_WIDE = 120


def show(figures: RenderableType, params: Params) -> None:
    """Print the figures, and which machine they belong to."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE  # a log or pipe gains nothing from lines broken at 80
    console.print(figures, machine(params), sep="")


def machine(params: Params) -> str:
    """The processor or GPU, the threads and the precision, in words."""
    import torch

    from textune.training.hardware import choose_device, choose_precision

    device = choose_device(params.train)
    name = torch.cuda.get_device_name() if device == "cuda" else _processor()
    precision = choose_precision(params.train, device)
    return f"{name}, {torch.get_num_threads()} CPU threads, textune in {precision}"


@contextlib.contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar in a terminal, and a function to call with a description before each of its steps."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("", total=total)

        def tick(description: str) -> None:
            begun = bool(bar.tasks[0].description)
            bar.update(task, advance=int(begun), description=description)

        yield tick


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    return model[1] if model else platform.processor() or platform.machine()
