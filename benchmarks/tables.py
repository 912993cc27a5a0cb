"""The figures as tables: in the terminal, and in Markdown for docs/speed.md."""

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.table import Table

from benchmarks.ablation import PIECES
from benchmarks.results import (
    Figures,
    Gain,
    RuntimeFigures,
    read_figures,
    read_gains,
    read_runtimes,
)

_RUNTIME_HEADINGS = (
    "texts/s",
    "lowest to highest",
    "× pipeline of 32",
    "start, s",
    "peak MiB",
    "accuracy on test",
    "difference, points",
    "other class",
)
_SPEED_HEADINGS = (
    "examples/s",
    "lowest to highest",
    "real tokens/s",
    "× study",
    "× expert",
    "of roofline",
    "peak MiB",
)


def speed_table(results: Sequence[Figures]) -> Table:
    """One line a contender, the cells apart."""
    table = _empty_table(["model", "method", "contender"], _SPEED_HEADINGS)
    before: tuple[str, str] | None = None
    for result in results:
        cell = (result.model, result.method)
        if before not in (None, cell):
            table.add_section()
        # A folder's name tells more than the path to it.
        names = ("", "") if cell == before else (Path(result.model).name, result.method)
        memory = result.peak_memory_mib
        table.add_row(
            *names,
            result.contender,
            f"{result.examples_per_second:.1f}",
            f"{result.examples_per_second_low:.1f}–{result.examples_per_second_high:.1f}",
            f"{result.tokens_per_second:,.0f}",
            f"{result.ratio_to_study:.2f}",
            f"{result.ratio_to_expert:.2f}",
            f"{result.share_of_roofline:.0%}",
            "–" if memory is None else f"{memory:,}",
            style="bold" if result.contender == "textune" else "",
        )
        before = cell
    return table


def gain_table(results: Sequence[Gain]) -> Table:
    """One line a piece."""
    table = _empty_table(["model", "method", "piece"], ["examples/s", "without it", "gain"])
    for result in results:
        table.add_row(
            Path(result.model).name,
            result.method,
            result.piece,
            f"{result.examples_per_second:.1f}",
            f"{result.examples_per_second_without:.1f}",
            f"{result.gain:.2f} ×",
        )
    return table


def speed_markdown(path: Path = Path("metrics/speed.json")) -> str:
    """One line a cell: the speeds of all contenders, and how textune compares."""
    results = read_figures(path)
    speeds = {(r.model, r.method, r.contender): r.examples_per_second for r in results}
    lines = []
    for own in (result for result in results if result.contender == "textune"):
        contenders = ("study", "expert", "textune")
        lines.append(
            [
                own.model,
                own.method,
                *(f"{speeds[own.model, own.method, name]:.1f}" for name in contenders),
                f"{own.ratio_to_study:.2f}",
                f"{own.ratio_to_expert:.2f}",
                f"{own.share_of_roofline:.0%}",
                f"{own.peak_memory_mib:,} MiB",
            ]
        )
    figures = ["study", "expert", "textune", "× study", "× expert", "of roofline", "peak memory"]
    return _markdown(["model", "method"], figures, lines)


def gain_markdown(path: Path = Path("metrics/ablation.json")) -> str:
    """One line a piece, with the option that turns it off."""
    options = {piece.name: f"`-S {piece.key}={str(piece.off).lower()}`" for piece in PIECES}
    lines = [
        [
            gain.piece,
            options[gain.piece],
            f"{gain.examples_per_second:.1f}",
            f"{gain.examples_per_second_without:.1f}",
            f"{gain.gain:.2f} ×",
        ]
        for gain in read_gains(path)
    ]
    return _markdown(["piece", "turn it off"], ["with all pieces", "without it", "gain"], lines)


def runtime_table(results: Sequence[RuntimeFigures]) -> Table:
    """One line a way of predicting, the models apart."""
    table = _empty_table(["model", "runtime"], _RUNTIME_HEADINGS)
    for result in results:
        table.add_row(*_runtime(result))
    return table


def runtime_markdown(path: Path = Path("metrics/speed_predict.json")) -> str:
    """The same."""
    lines = [_runtime(result) for result in read_runtimes(path)]
    return _markdown(["model", "runtime"], list(_RUNTIME_HEADINGS), lines)


def _runtime(result: RuntimeFigures) -> list[str]:
    speeds = (result.texts_per_second_low, result.texts_per_second_high)
    memory = result.peak_memory_mib
    cells = [
        result.model,
        result.runtime,
        f"{result.texts_per_second:.0f}",
        "–".join(f"{speed:.0f}" for speed in speeds),
        f"{result.ratio:.2f}",
        f"{result.start_seconds:.1f}",
        "–" if memory is None else f"{memory:,}",
    ]
    if result.accuracy is None or result.difference is None or result.changed is None:
        return [*cells, "–", "–", "–"]
    low, high = (100 * (end or 0) for end in (result.difference_low, result.difference_high))
    difference = f"{100 * result.difference:+.2f} [{low:+.2f}, {high:+.2f}]"
    return [*cells, f"{result.accuracy:.4f}", difference, f"{result.changed:.1%}"]


def _empty_table(names: Sequence[str], figures: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in names:
        table.add_column(heading)
    for heading in figures:
        table.add_column(heading, justify="right")
    return table


def _markdown(names: list[str], figures: list[str], lines: list[list[str]]) -> str:
    rule = [":--"] * len(names) + ["--:"] * len(figures)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in ([*names, *figures], rule, *lines))
