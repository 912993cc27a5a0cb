"""What answers the question, from comparison.json and cost.json alone: scores and costs of the
methods, every pair's difference with its verdict, and the method to use."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from rich import filesize
from rich.console import Console

from textune.config.base import UNTRAINED
from textune.io import read_json
from textune.metrics.catalog import CATALOG
from textune.metrics.of_classes import title_of
from textune.report.advice import named_classes, recommendation, tuned_elsewhere
from textune.report.grid import NOTHING, WIDE, Cell, Column, Grid, fits
from textune.report.titles import SHORT, interval_title, percent, question_answered
from textune.stats.comparison_file import read_comparison
from textune.stats.results import Comparison, MethodResult, Question, Score, Test

Costs = Mapping[str, Mapping[str, float]]


def print_table(metrics: Path, markdown: bool = False) -> None:
    """Print the tables of the folder `metrics`. Raises `UserError` if a file of it is missing."""
    costs, comparison = read_json(metrics / "cost.json"), read_results(metrics)
    grids = (methods_table(comparison, costs), pairs_table(comparison))
    sentences = [explanation(comparison), recommendation(comparison)]
    sentences += [f"Doubtful: {doubt}.\n" for doubt in comparison.doubts or []]
    sentences += [f"Skipped: {n}, {reason}.\n" for n, reason in (comparison.skipped or {}).items()]
    if warning := tuned_elsewhere(comparison, metrics):
        sentences.append(warning)
    if markdown:
        print("\n".join([*(grid.markdown() for grid in grids), *sentences]))
        return
    console = Console()
    if not console.is_terminal:
        console.width = WIDE  # a log or pipe gains nothing from lines broken at 80
    for grid in grids:
        for part in _parts(console, grid):
            console.print(part.drawn())
    for text in sentences:
        console.print(text, highlight=False, markup=False)


def read_results(metrics: Path) -> Comparison:
    """The comparison in the folder `metrics`. Raises `UserError` if it is missing or damaged."""
    return read_comparison(metrics / "comparison.json")


def compared_methods(comparison: Comparison) -> list[MethodResult]:
    """The methods in the declared order, without the untrained head, which nobody would use."""
    return [method for method in comparison.methods if method.name != UNTRAINED]


def methods_table(comparison: Comparison, costs: Costs) -> Grid:
    """A row a method, in the declared order."""
    interval = f"{percent(comparison.confidence_level)} interval"
    metrics = list(comparison.methods[0].scores)
    columns = [
        Column("method"),
        *(Column(f"{title_of(metric)},\n{interval}", _best(metric)) for metric in metrics),
        *(Column(CATALOG[metric].title.replace(" ", "\n", 1), _best(metric)) for metric in _COSTS),
    ]
    rows = [
        [
            Cell(method.title),
            *(_score(method.scores[metric], comparison.question) for metric in metrics),
            *_costs(costs.get(method.name, {})),
        ]
        for method in compared_methods(comparison)
    ]
    return Grid(columns, rows)


def pairs_table(comparison: Comparison) -> Grid:
    """A row a pair, by the metric that the method is chosen by, with both questions' answers."""
    metric = comparison.metric
    columns = [
        Column("pair"),
        Column(f"{title_of(metric)},\ndifference"),
        Column(interval_title(comparison, Question.FIXED_MODELS).replace(", ", ",\n")),
        Column("p\n(Holm)"),
        Column(interval_title(comparison, Question.OVER_SEEDS).replace(", ", ",\n")),
        Column("p\n(Holm)"),
        Column("smallest\ndetectable"),
        Column(f"verdict,\n{SHORT[comparison.question]}"),
    ]
    rows = []
    for pair in comparison.pairs:
        difference = pair.differences[metric]
        first, second = (comparison.method(name).title for name in (pair.first, pair.second))
        rows.append(
            [
                Cell(f"{first} minus {second}"),
                Cell(_signed(difference.difference)),
                *_tested(difference.fixed_models),
                *_tested(difference.over_seeds),
                _smallest(difference.answer(comparison.question)),
                Cell(difference.verdict),
            ]
        )
    return Grid(columns, rows)


def explanation(comparison: Comparison) -> str:
    """How to read the tables: the question that is answered, and what the p-values are."""
    sentences = [
        question_answered(comparison),
        "Intervals are not corrected for the number of pairs; p is, and decides the verdict.",
    ]
    if comparison.planned_seeds is None and comparison.question is Question.OVER_SEEDS:
        sentences.append(
            "All this holds for seeds that were chosen beforehand, not added until something showed"
            " (evaluate.planned_seeds allows that)."
        )
    if comparison.small_classes:
        sentences.append(
            f"Test has fewer than {comparison.enough_of_a_class} examples of"
            f" {named_classes(comparison)}: {_of_classes(comparison)} less certain than their"
            " intervals and tests say."
        )
    if comparison.decision == "balanced":
        sentences.append(
            "Predictions divide each class's probability by the share of the class in validation,"
            " which suits macro recall."
        )
    return " ".join(sentences) + "\n"


def _of_classes(comparison: Comparison) -> str:
    if comparison.metric in CATALOG:
        return "macro recall and macro F1 are"
    return f"macro recall, macro F1 and {title_of(comparison.metric)} are"


# By metric, how a value is written.
_COSTS: dict[str, Callable[[float], str]] = {
    "trainable_parameters": lambda count: f"{count:,.0f}",
    "train_seconds": lambda seconds: str(timedelta(seconds=round(seconds))),
    "examples_per_second": lambda speed: f"{speed:,.0f}",
    "peak_memory_mib": lambda mib: f"{mib:,.0f} MiB",
    "saved_bytes": lambda size: filesize.decimal(round(size)),
}


def _parts(console: Console, grid: Grid) -> list[Grid]:
    """The grid, or, where it is wider than the terminal, halves of it one by one."""
    if len(grid.columns) <= 2 or fits(console, grid.drawn()):
        return [grid]
    middle = (len(grid.columns) + 1) // 2
    halves = (range(middle), [0, *range(middle, len(grid.columns))])
    return [part for half in halves for part in _parts(console, grid.take(half))]


def _best(metric: str) -> Callable[..., float]:
    return max if metric not in CATALOG or CATALOG[metric].higher_is_better else min


def _score(score: Score, question: Question) -> Cell:
    interval = score.answer(question)
    text = f"{score.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
    return Cell(text, round(score.mean, 3))


def _costs(cost: Mapping[str, float]) -> list[Cell]:
    """Costs of 0 are those of a head that nobody trained: nothing to compete with."""
    values = [(cost.get(metric), text) for metric, text in _COSTS.items()]
    return [Cell(text(value), value) if value else NOTHING for value, text in values]


def _tested(test: Test | None) -> list[Cell]:
    """Interval and p of one question, which may have no answer."""
    if test is None:
        return [NOTHING, NOTHING]
    # With the sign also of what rounds to 0: an interval is read for the side of 0 where it ends.
    interval = f"[{test.low:+.3f}, {test.high:+.3f}]"
    return [Cell(interval), Cell(_p(test.p_holm).removeprefix("= "))]


def _smallest(test: Test) -> Cell:
    if test.smallest_detectable is None:
        return NOTHING
    return Cell(f"{test.smallest_detectable:.3f}")


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _signed(share: float) -> str:
    # Adding 0 turns -0 into 0.
    return f"{round(share, 3) + 0:+.3f}"
