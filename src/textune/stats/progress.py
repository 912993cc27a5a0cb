"""A word to whoever waits."""

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

# Within so many seconds nobody wonders.
PATIENCE = 3.0

Item = TypeVar("Item")


def shown(
    items: Iterable[Item], total: int, doing: str, patience: float = PATIENCE
) -> Iterator[Item]:
    """The items as they come; after `patience` seconds a bar on stderr tells how far they are.

    doing: what happens to them. Nothing is written where stderr is no terminal, and nothing stays.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
    task = bar.add_task(doing, total=total)
    began = monotonic()
    try:
        for item in items:
            yield item
            bar.advance(task)
            if monotonic() - began > patience:
                bar.start()
    finally:
        bar.stop()
