"""Two of the maps of numbers that reviewers read: quality and cost."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from textune.results.metrics import DIGITS, score
from textune.results.runs import Run, Runs, Split

Scores = dict[str, float]


def quality(runs: Runs, split: Split) -> dict[str, Scores]:
    """Each method's scores (see `metrics.score`), averaged over its seeds."""
    return {
        method: _mean([_score(run, split) for run in of_method])
        for method, of_method in runs.items()
    }


def cost(runs: Runs) -> dict[str, Scores]:
    """What each method costs, averaged over its seeds; of the peak memory the highest.

    training_flops: operations; train_seconds: s; peak_memory_mib: MiB; saved_bytes: bytes on disk
    of what the method trained.
    """
    return {method: _cost(of_method) for method, of_method in runs.items()}


def _score(run: Run, split: Split) -> Scores:
    found = run.predictions[split]
    return score(found.labels, found.probabilities, run.record.label_names, found.weights)


def _mean(scores: Sequence[Mapping[str, float]]) -> Scores:
    return {name: round(fmean(one[name] for one in scores), DIGITS) for name in scores[0]}


def _cost(of_method: Sequence[Run]) -> Scores:
    records = [run.record for run in of_method]
    return {
        "trainable_parameters": records[0].trainable_parameters,
        "total_parameters": records[0].total_parameters,
        "training_flops": records[0].training_flops,
        "train_seconds": round(fmean(record.train_seconds for record in records), 1),
        "tweets_per_second": round(fmean(record.tweets_per_second for record in records), 1),
        "peak_memory_mib": round(max(record.peak_memory_mib for record in records), 1),
        "saved_bytes": round(fmean(record.saved_bytes for record in records)),
    }
