"""What answers the question, made from metrics/*.json alone: scores and costs of the methods, every
pair's difference with its verdict, and the method to use."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich import filesize
from rich.console import Console

from textune.files import read_json
from textune.results.cells import NOTHING, WIDE, Cell, Column, Grid, fits
from textune.results.names import TITLES, UNTRAINED, row_name
from textune.results.resampling import METRICS

Cost = Mapping[str, Mapping[str, float]]
Comparison = Mapping[str, Any]

_ABOUT = {
    "method": (
        "These intervals and verdicts are about the methods: another training with other seeds, on"
        " other texts like these"
    ),
    "models": (
        "These intervals and verdicts are about these trained models only, on other texts like"
        " these; what another training would give takes three seeds or more"
    ),
}


def print_table(metrics: Path, markdown: bool = False) -> None:
    """Print the tables of the folder `metrics`. Raises UserError if a file of it is missing."""
    cost, comparison = (read_json(metrics / f"{name}.json") for name in ("cost", "comparison"))
    grids = (methods(cost, comparison), pairs(cost, comparison))
    told = (about(comparison), choice(cost, comparison))
    if markdown:
        print("\n".join([*(grid.markdown() for grid in grids), *told]))
        return
    console = Console()
    if not console.is_terminal:
        console.width = WIDE  # a log or pipe gains nothing from lines broken at 80
    for grid in grids:
        for part in _parts(console, grid):
            console.print(part.drawn())
    for text in told:
        console.print(text, highlight=False, markup=False)


def methods(cost: Cost, comparison: Comparison) -> Grid:
    """A row a method, the fewest trained parameters first."""
    question = _question(comparison)
    percent = f"{100 * comparison['confidence']:g} %"
    columns = [
        Column("method"),
        *(Column(f"{TITLES[metric]},\n{percent} interval", max) for metric in METRICS),
        Column("trained\nparameters", min),
        Column("training\ntime", min),
        Column("tweets/s", max),
        Column("peak\nmemory", min),
        Column("size\non disk", min),
    ]
    ordered = sorted(
        comparison["methods"],
        key=lambda method: (_trained(method, cost), method != UNTRAINED, method),
    )
    rows = [
        [
            Cell(_row_name(method, cost)),
            *(_score(comparison["methods"][method][metric], question) for metric in METRICS),
            *_costs(cost.get(method, {})),
        ]
        for method in ordered
    ]
    return Grid(columns, rows)


def pairs(cost: Cost, comparison: Comparison) -> Grid:
    """A row a pair, by the metric that the method is chosen by, with both questions' answers.

    Pairs with the method that trains the least come first.
    """
    metric, percent = comparison["metric"], f"{100 * comparison['confidence']:g} %"
    title = TITLES[metric]
    columns = [
        Column("pair"),
        Column(f"{title},\ndifference"),
        Column(f"these models,\n{percent} interval"),
        Column("p\n(Holm)"),
        Column(f"the method,\n{percent} interval"),
        Column("p\n(Holm)"),
        Column("smallest\ndetectable"),
        Column("verdict"),
    ]
    question = _question(comparison)
    rows = []
    names = [tuple(name.split("_minus_")) for name in comparison["pairs"]]
    for pair in sorted(names, key=lambda pair: [_trained(method, cost) for method in pair[::-1]]):
        numbers = comparison["pairs"]["_minus_".join(pair)][metric]
        one, other = (_row_name(method, cost) for method in pair)
        rows.append(
            [
                Cell(f"{one} minus {other}"),
                Cell(_signed(numbers["difference"])),
                *_tested(numbers.get("models")),
                *_tested(numbers.get("method")),
                _smallest(numbers[question]),
                Cell(numbers["verdict"]),
            ]
        )
    return Grid(columns, rows)


def about(comparison: Comparison) -> str:
    """The question that intervals and verdicts answer."""
    seeds = comparison["seeds"]
    text = (
        f"{_ABOUT[_question(comparison)]} ({seeds} seed{'s' * (seeds > 1)},"
        f" {comparison['examples']:,} texts). Each interval is for itself; p is corrected for the"
        " number of pairs, and decides the verdict."
    )
    if comparison.get("decision") == "balanced":
        text += (
            " What is predicted is not the most probable class but the one whose probability is the"
            " highest for its share, which suits macro recall."
        )
    return f"{text}\n"


def choice(cost: Cost, comparison: Comparison) -> str:
    """The method to use, and why."""
    chosen = comparison["choice"]
    name, best = chosen["method"], chosen["best_on_validation"]
    title, margin = TITLES[comparison["metric"]], _margin(comparison["margin"])
    best_name = _row_name(best, cost)
    use = "Use" if _question(comparison) == "method" else "Of these trained models, use"
    if name == best:
        text = (
            f"{use} {best_name}: it is the best on validation, and no method that trains less is"
            f" surely within {margin} of its {title} on test."
        )
    else:
        numbers = chosen[f"{name}_minus_{best}"]
        text = (
            f"{use} {_row_name(name, cost)}: of the methods whose {title} is surely not more than"
            f" {margin} below that of {best_name}, the best on validation, it trains the fewest"
            f" parameters (difference {_points(numbers['difference'])}, at least"
            f" {_points(numbers['low'])} points; p {_p(numbers['p_not_worse_holm'])})."
        )
    if "better_on_test" in chosen:
        names = [_row_name(method, cost) for method in chosen["better_on_test"].split(", ")]
        text += f" But on test {' and '.join(names)} did better than {best_name}."
    return text


def _parts(console: Console, grid: Grid) -> list[Grid]:
    """The grid, or, where it is wider than the terminal, halves of it one by one."""
    if len(grid.columns) <= 2 or fits(console, grid.drawn()):
        return [grid]
    middle = (len(grid.columns) + 1) // 2
    halves = (range(middle), [0, *range(middle, len(grid.columns))])
    return [part for half in halves for part in _parts(console, grid.take(half))]


def _question(comparison: Comparison) -> str:
    return str(comparison["question"])


def _row_name(method: str, cost: Cost) -> str:
    return row_name(method, round(_trained(method, cost)))


def _trained(method: str, cost: Cost) -> float:
    return cost.get(method, {}).get("trainable_parameters", 0)


def _score(numbers: Mapping[str, Any], question: str) -> Cell:
    mean, bounds = numbers["mean"], numbers[question]
    return Cell(f"{mean:.3f} [{bounds['low']:.3f}, {bounds['high']:.3f}]", round(mean, 3))


def _costs(cost: Mapping[str, float]) -> list[Cell]:
    return [
        _cost(cost.get("trainable_parameters"), lambda count: f"{count:,.0f}"),
        _cost(cost.get("train_seconds"), lambda seconds: str(timedelta(seconds=round(seconds)))),
        _cost(cost.get("tweets_per_second"), lambda speed: f"{speed:,.0f}"),
        _cost(cost.get("peak_memory_mib"), lambda mib: f"{mib:,.0f} MiB"),
        _cost(cost.get("saved_bytes"), lambda size: filesize.decimal(round(size))),
    ]


def _cost(value: float | None, text: Callable[[float], str]) -> Cell:
    """Costs of 0 are those of a head that nobody trained: nothing to compete with."""
    return Cell(text(value), value) if value else NOTHING


def _tested(numbers: Mapping[str, float] | None) -> list[Cell]:
    """Interval and p of one question, which may have no answer."""
    if numbers is None:
        return [NOTHING, NOTHING]
    # With the sign also of what rounds to 0: an interval is read for the side of 0 where it ends.
    interval = f"[{numbers['low']:+.3f}, {numbers['high']:+.3f}]"
    return [Cell(interval), Cell(_p(numbers["p_holm"]).removeprefix("= "))]


def _smallest(numbers: Mapping[str, float]) -> Cell:
    if "smallest_detectable" not in numbers:
        return NOTHING
    return Cell(f"{numbers['smallest_detectable']:.3f}")


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _signed(share: float) -> str:
    # Adding 0 turns -0 into 0.
    return f"{round(share, 3) + 0:+.3f}"


def _margin(share: float) -> str:
    points = f"{100 * share:g}"
    return f"{points} point{'s' * (points != '1')}"


def _points(share: float) -> str:
    return f"{round(100 * share, 1) + 0:+.1f}"
