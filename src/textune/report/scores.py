"""Two of the maps of numbers that reviewers read: quality and cost."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from textune.metrics.catalog import DIGITS
from textune.runs.store import Run, RunSet, Split

Scores = dict[str, float]


def quality(runs: RunSet, split: Split) -> dict[str, Scores]:
    """By method, its scores on a split, each the mean over seeds."""
    return {
        name: _mean([run.scores(split) for run in of_method]) for name, of_method in runs.items()
    }


def cost(runs: RunSet) -> dict[str, Scores]:
    """By method, what it costs: the mean over seeds, but of peak memory the highest.

    Units are those of `runs.record.Cost`; saved_bytes: bytes on disk of what was trained.
    """
    return {name: _cost(of_method) for name, of_method in runs.items()}


def _mean(scores: Sequence[Mapping[str, float]]) -> Scores:
    return {name: round(fmean(of_seed[name] for of_seed in scores), DIGITS) for name in scores[0]}


def _cost(of_method: Sequence[Run]) -> Scores:
    costs = [run.record.cost for run in of_method]
    return {
        # These do not depend on the seed.
        "trainable_parameters": costs[0].trainable_parameters,
        "total_parameters": costs[0].total_parameters,
        "training_flops": costs[0].training_flops,
        "train_seconds": round(fmean(cost.train_seconds for cost in costs), 1),
        "examples_per_second": round(fmean(cost.examples_per_second for cost in costs), 1),
        "peak_memory_mib": round(max(cost.peak_memory_mib for cost in costs), 1),
        "saved_bytes": round(fmean(run.record.saved_bytes for run in of_method)),
    }
