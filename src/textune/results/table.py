"""The table that answers the question, made from metrics/*.json alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from rich import box, filesize
from rich.console import Console
from rich.table import Table
from rich.text import Text

from textune.files import read_json
from textune.results.names import TRAINED_HEAD, UNTRAINED, row_name

Numbers = Mapping[str, Mapping[str, float]]
Comparison = Mapping[str, Any]


class _Column(NamedTuple):
    heading: str
    best: Callable[[Iterable[float]], float] | None = None  # which value is printed bold


class _Cell(NamedTuple):
    text: str
    value: float | None = None  # None takes no part in the search for the best


_NOTHING = _Cell("–")
_SCORES = 5  # columns before the first cost
_WIDE = 160


def print_table(metrics: Path, markdown: bool = False) -> None:
    """Print the table of the folder `metrics`. Raises UserError if a file of it is missing."""
    quality, cost, comparison = (
        read_json(metrics / f"{name}.json") for name in ("quality", "cost", "comparison")
    )
    if markdown:
        print(markdown_table(quality, cost, comparison), end="")
        return
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE  # a log or pipe gains nothing from lines broken at 80
    for part in _parts(console, table(quality, cost, comparison)):
        console.print(part)


def table(quality: Numbers, cost: Numbers, comparison: Comparison) -> Table:
    """One row a method, the best of each column bold; arguments as in metrics/*.json."""
    columns = _columns(cost, comparison)
    drawn = _empty()
    for number, column in enumerate(columns):
        drawn.add_column(column.heading, justify="right" if number else "left")
    for row in _rows(columns, quality, cost, comparison):
        drawn.add_row(*[Text(text, style="bold" if best else "") for text, best in row])
    return drawn


def markdown_table(quality: Numbers, cost: Numbers, comparison: Comparison) -> str:
    """The same rows as `table`, for a README; ends with a newline."""
    columns = _columns(cost, comparison)
    lines = [[column.heading.replace("\n", " ") for column in columns]]
    lines.append([":--", *["--:"] * (len(columns) - 1)])
    for row in _rows(columns, quality, cost, comparison):
        escaped = [(text.replace("|", r"\|"), best) for text, best in row]
        lines.append([f"**{text}**" if best else text for text, best in escaped])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _empty() -> Table:
    return Table(box=box.SIMPLE_HEAD, collapse_padding=True, pad_edge=False)


def _parts(console: Console, whole: Table) -> list[Table]:
    """The table, or, where it is wider than the terminal, its scores and its costs one by one."""
    unbounded = console.options.update(max_width=_WIDE)
    if console.measure(whole, options=unbounded).maximum <= console.width:
        return [whole]
    parts = []
    for columns in (whole.columns[:_SCORES], [whole.columns[0], *whole.columns[_SCORES:]]):
        part = _empty()
        for column in columns:
            part.add_column(column.header, justify=column.justify)
        for cells in zip(*(column.cells for column in columns), strict=True):
            part.add_row(*cells)
        parts.append(part)
    return parts


def _columns(cost: Numbers, comparison: Comparison) -> list[_Column]:
    # params.yaml may have `baseline.tune: none`.
    head = "trained" if _trained(TRAINED_HEAD, cost) else "untrained"
    percent = f"{100 * comparison['confidence']:g} %"
    return [
        _Column("method"),
        _Column("accuracy", max),
        _Column("macro\nrecall", max),
        _Column("macro\nF1", max),
        _Column(f"accuracy minus {head}\nhead's, {percent} interval"),
        _Column("trained\nparameters", min),
        _Column("training\ntime", min),
        _Column("tweets/s", max),
        _Column("peak\nmemory", min),
        _Column("size\non disk", min),
    ]


def _rows(
    columns: Sequence[_Column], quality: Numbers, cost: Numbers, comparison: Comparison
) -> list[list[tuple[str, bool]]]:
    """(text, whether it is the best of its column) by method, fewest trained parameters first."""
    methods = sorted(
        quality, key=lambda method: (_trained(method, cost), method != UNTRAINED, method)
    )
    rows = [_cells(method, quality[method], cost.get(method, {}), comparison) for method in methods]
    best = [_best(column, [row[number] for row in rows]) for number, column in enumerate(columns)]
    return [
        [(cell.text, cell.value is not None and cell.text == best[i]) for i, cell in enumerate(row)]
        for row in rows
    ]


def _cells(
    method: str, quality: Mapping[str, float], cost: Mapping[str, float], comparison: Comparison
) -> list[_Cell]:
    name = row_name(method, round(cost.get("trainable_parameters", 0)))
    scores = [_share(quality.get(metric)) for metric in ("accuracy", "macro_recall", "macro_f1")]
    return [
        _Cell(name),
        *scores,
        _difference(method, comparison),
        _cost(cost.get("trainable_parameters"), lambda count: f"{count:,.0f}"),
        _cost(cost.get("train_seconds"), lambda seconds: str(timedelta(seconds=round(seconds)))),
        _cost(cost.get("tweets_per_second"), lambda speed: f"{speed:,.0f}"),
        _cost(cost.get("peak_memory_mib"), lambda mib: f"{mib:,.0f} MiB"),
        _cost(cost.get("saved_bytes"), lambda size: filesize.decimal(round(size))),
    ]


def _share(value: float | None) -> _Cell:
    return _NOTHING if value is None else _Cell(f"{value:.3f}", value)


def _cost(value: float | None, text: Callable[[float], str]) -> _Cell:
    """Costs of 0 are those of a head that nobody trained: nothing to compete with."""
    return _Cell(text(value), value) if value else _NOTHING


def _difference(method: str, comparison: Comparison) -> _Cell:
    if method == UNTRAINED:  # the file holds trained minus untrained
        found = comparison.get(f"{TRAINED_HEAD}_minus_{UNTRAINED}", {}).get("accuracy")
        signed = found and [-found["difference"], -found["high"], -found["low"]]
    else:
        found = comparison.get(f"{method}_minus_{TRAINED_HEAD}", {}).get("accuracy")
        signed = found and [found["difference"], found["low"], found["high"]]
    if not signed:
        return _NOTHING
    # Adding 0 turns -0 into 0.
    difference, low, high = (f"{round(value, 3) + 0:+.3f}" for value in signed)
    return _Cell(f"{difference} [{low}, {high}]")


def _best(column: _Column, cells: Sequence[_Cell]) -> str | None:
    """The text of the best cell: values that read alike are bold together."""
    values = {cell.value: cell.text for cell in cells if cell.value is not None}
    return values[column.best(values)] if column.best and values else None


def _trained(method: str, cost: Numbers) -> float:
    return cost.get(method, {}).get("trainable_parameters", 0)
