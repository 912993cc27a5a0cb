"""What the benchmark found, as a table to look at and as rows of JSON."""

import json
from pathlib import Path
from typing import TypedDict

from rich import box
from rich.table import Table

from textune.bench.rounds import Speed
from textune.files import write_text

_HEADINGS = (
    "tweets/s",
    "lowest to highest",
    "real tokens/s",
    "× study",
    "× expert",
    "of roofline",
    "peak MiB",
)


class Row(TypedDict):
    """A contender in a cell; None where a figure makes no sense.

    Speeds are medians of the rounds, `_low` and `_high` the slowest and fastest round. Tokens are
    those of the texts, padding not counted. The ratios are between medians.
    """

    model: str
    method: str
    contender: str
    tweets_per_second: float
    tweets_per_second_low: float
    tweets_per_second_high: float
    tokens_per_second: float
    ratio_to_study: float
    ratio_to_expert: float
    share_of_roofline: float
    peak_memory_mib: int | None


def rows(speeds: list[Speed]) -> list[Row]:
    """The rows of JSON; every cell of `speeds` has all contenders."""
    medians = {(speed.cell, speed.contender): speed.tweets_per_second for speed in speeds}
    found: list[Row] = []
    for speed in speeds:
        mine, memory = speed.tweets_per_second, speed.peak_memory_mib
        found.append(
            Row(
                model=speed.cell.model,
                method=speed.cell.method,
                contender=speed.contender,
                tweets_per_second=round(mine, 2),
                tweets_per_second_low=round(min(speed.rounds), 2),
                tweets_per_second_high=round(max(speed.rounds), 2),
                tokens_per_second=round(mine * speed.tokens, 1),
                ratio_to_study=round(mine / medians[speed.cell, "study"], 3),
                ratio_to_expert=round(mine / medians[speed.cell, "expert"], 3),
                share_of_roofline=round(mine / medians[speed.cell, "roofline"], 4),
                peak_memory_mib=None if memory is None else round(memory),
            )
        )
    return found


def write_rows(path: Path, found: list[Row]) -> None:
    """Write the rows as a list, whole or not at all."""
    write_text(path, json.dumps(found, indent=2) + "\n")


def table(found: list[Row]) -> Table:
    """One line a row, the cells apart."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("model", "method", "contender"):
        drawn.add_column(heading)
    for heading in _HEADINGS:
        drawn.add_column(heading, justify="right")
    before: tuple[str, str] | None = None
    for row in found:
        cell = (row["model"], row["method"])
        if before not in (None, cell):
            drawn.add_section()
        # A folder's name tells more than the path to it.
        names = ("", "") if cell == before else (Path(cell[0]).name, cell[1])
        style = "bold" if row["contender"] == "textune" else ""
        drawn.add_row(*names, row["contender"], *_figures(row), style=style)
        before = cell
    return drawn


def _figures(row: Row) -> tuple[str, ...]:
    memory = row["peak_memory_mib"]
    return (
        f"{row['tweets_per_second']:.1f}",
        f"{row['tweets_per_second_low']:.1f}–{row['tweets_per_second_high']:.1f}",
        f"{row['tokens_per_second']:,.0f}",
        f"{row['ratio_to_study']:.2f}",
        f"{row['ratio_to_expert']:.2f}",
        f"{row['share_of_roofline']:.0%}",
        "–" if memory is None else f"{memory:,}",
    )
