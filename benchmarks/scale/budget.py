"""An equal-budget tuning of every method on many rows, from the speeds of metrics/cost.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textune.config.sections import TuneParams
from textune.params import Params

# A search tries so many of the best at three times the length, and one of these at each longer one.
_LONGER, _TIMES = 2, 3


@dataclass(frozen=True)
class Budget:
    """Hours of one machine: to search a method's recipe, and to train it from each seed."""

    method: str
    examples_per_second: float
    epochs: int
    search: float
    final: float


def budgets(
    cost: Mapping[str, Mapping[str, Any]],
    rows: int,
    searched_rows: int,
    params: Params,
    epochs: Mapping[str, int | None],
) -> list[Budget]:
    """Of every method that takes epochs, with the seeds and trials of `params`.

    rows: training examples; searched_rows: those that the search uses; epochs: of the recipes, None
    for `train.epochs`.
    """
    searched, seeds = most_epochs(params.tune), len(params.train.seeds)
    return [
        Budget(
            method=name,
            examples_per_second=speed,
            search=searched_rows * searched / speed / 3600,
            epochs=epochs[name] or params.train.epochs,
            final=rows * (epochs[name] or params.train.epochs) * seeds / speed / 3600,
        )
        for name, of_method in cost.items()
        if (speed := of_method["examples_per_second"]) and of_method["peak_memory_mib"]
    ]


def most_epochs(tune: TuneParams) -> int:
    """Of all trainings of a search together, if one epoch is enough for a short trial."""
    length, total, number = 1, tune.trials, _LONGER
    while length < tune.max_epochs:
        length = min(_TIMES * length, tune.max_epochs)
        total, number = total + number * length, 1
    return total
