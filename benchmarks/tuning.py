"""What tuning finds, beside a dense grid of learning rates and epochs; both on validation alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from textune.data.tokenized import Prepared
from textune.params import Params
from textune.pipeline.trial_storage import storage
from textune.pipeline.trial_training import Here
from textune.pipeline.tuning import Search, make_trial, tune
from textune.runs.tuning import Trial

RATES, EPOCHS = 12, 15


@dataclass(frozen=True)
class Beside:
    """One method: the recipe that tuning found, and the best of the grid.

    found, best: their trials. cost: operations of the search, in trainings with the recipe.
    """

    method: str
    found: Trial
    best: Trial
    cost: float


def beside_a_grid(params: Params, names: list[str], data: Prepared) -> Iterator[Beside]:
    """Tune every method, then train it for `EPOCHS` at each of `RATES` rates over its range.

    The best epoch of each training counts, so the grid has 12 x 15 candidates. Trials are kept as
    those of the stage are, so a measurement that was ended goes on where it was.
    """
    for name in names:
        tuning = tune(params, name, data)
        found = _of_recipe(tuning.trials, tuning.recipe)
        grid = list(_grid(params, name, data))
        operations = sum(one.operations for one in tuning.trials)
        yield Beside(
            name,
            found,
            max(grid, key=lambda one: one.accuracy),
            operations / found.operations,
        )


def _grid(params: Params, name: str, data: Prepared) -> Iterator[Trial]:
    kept, here = storage(params, name, data, ["grid"]), Here(params, name, data)
    searched = Search(params, name, data, ["learning_rate"], kept, here)
    ((low, high),) = searched.ranges.values()
    for number in range(RATES):
        rate = low * (high / low) ** (number / (RATES - 1))
        yield make_trial(searched, EPOCHS, number, {"learning_rate": rate})


def _of_recipe(trials: list[Trial], recipe: dict[str, float | int]) -> Trial:
    return next(
        one
        for one in trials
        if one.epochs == recipe["epochs"] and one.values["learning_rate"] == recipe["learning_rate"]
    )


def table(rows: list[Beside]) -> str:
    """As Markdown."""
    lines = [
        "| method | tuned: learning rate, epochs | accuracy | calibrated log loss |"
        " best of the grid: learning rate, epoch | accuracy | calibrated log loss |"
        " tuned minus grid, points | cost of tuning, in final trainings |",
        "| :-- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for row in rows:
        found, best = row.found, row.best
        lines.append(
            f"| {row.method} | {found.values['learning_rate']:g}, {found.epochs}"
            f" | {found.accuracy:.4f} | {found.calibrated_loss:.4f}"
            f" | {best.values['learning_rate']:g}, {best.kept_epoch}"
            f" | {best.accuracy:.4f} | {best.calibrated_loss:.4f}"
            f" | {100 * (found.accuracy - best.accuracy):+.1f} | {row.cost:.1f} |"
        )
    lines.append("")
    lines.append(f"Mean cost: {fmean(row.cost for row in rows):.1f} final trainings.")
    return "\n".join(lines)
