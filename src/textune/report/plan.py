"""How likely more seeds or test examples settle the recommendation, as a table."""

from rich.console import Console

from textune.config.sections import EvaluateParams
from textune.metrics.of_classes import title_of
from textune.report.advice import points, recommendation
from textune.report.grid import WIDE, Cell, Column, Grid
from textune.runs.store import RunSet
from textune.stats.comparison import compare, mean_scores
from textune.stats.looks import levels_to_come, share_of_level
from textune.stats.planning import MOST_SEEDS, probability_settled
from textune.stats.seeds import SEEDS_NEEDED

_SEEDS = (3, 4, 5, 7, 10, 15, 20, 30)
_TIMES_EXAMPLES = (0.5, 1.0, 2.0, 4.0)


def print_plan(runs: RunSet, settings: EvaluateParams) -> None:
    """Print how likely a comparison settles, by numbers of seeds and of test examples."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    print(recommendation(compare(runs, settings)))
    print(
        "\nHow likely one of the methods is then surely within"
        f" {points(settings.noninferiority_margin)} of the best {title_of(settings.metric)},"
        f" if differences and noise are those seen with {len(runs.seeds)} seeds:"
    )
    console.print(plan_table(runs, settings).drawn())
    print("With few seeds, more test examples may not help: add seeds first.")


def plan_table(runs: RunSet, settings: EvaluateParams) -> Grid:
    """A row for each number of seeds, a column for each number of test examples.

    Planned looks are the rows, each at its own level. Fewer than `SEEDS_NEEDED` seeds say nothing
    of how seeds vary, so the row is theirs alone.
    """
    means = mean_scores(runs, settings)
    examples = len(runs.first.predictions["test"].labels)
    known = means.seeds >= SEEDS_NEEDED
    all_methods = range(len(means.values))
    columns = [
        Column("seeds"),
        *(Column(f"{round(times * examples):,} test examples") for times in _TIMES_EXAMPLES),
    ]
    rows = []
    levels = {means.seeds: settings.level * share_of_level(means.seeds, settings)}
    if known:
        levels |= levels_to_come(means.seeds, settings, MOST_SEEDS)
    shown = _SEEDS if settings.planned_seeds is None else settings.planned_seeds
    for seeds in [number for number in levels if number in (means.seeds, *shown)]:
        powers = [
            probability_settled(
                means,
                all_methods,
                settings.noninferiority_margin,
                levels[seeds],
                seeds,
                times,
            )
            for times in _TIMES_EXAMPLES
        ]
        rows.append([Cell(str(seeds)), *(Cell(f"{power:.0%}") for power in powers)])
    return Grid(columns, rows)
