"""What DVC's tables show: few numbers, a file for each and a key for each method.

`dvc metrics show` has a row for each file and a column for each key, so it has one for each method.
What the day and the machine change, such as seconds, is not among them.
"""

import shutil
from pathlib import Path

from textune.config.sections import EvaluateParams
from textune.io import write_json
from textune.metrics.of_classes import key_of
from textune.runs.store import RunSet, Split
from textune.stats.results import Comparison, Score
from textune.stats.scoring import resampled_scores, scores_of
from textune.stats.seeds import question_of

_DIGITS = 4
# Half of the interval, as in 0.771 plus or minus 0.010.
_PLUS_OR_MINUS = "_pm"
_FOLDERS: dict[Split, str] = {"test": "test", "validation": "val"}


def write_at_a_glance(
    runs: RunSet, comparison: Comparison, settings: EvaluateParams, folder: Path
) -> None:
    """Write the files to `folder`."""
    for split, name in _FOLDERS.items():
        # Of another metric than now, perhaps.
        shutil.rmtree(folder / name, ignore_errors=True)
        _write_scores(_scores(runs, comparison, settings, split), runs, folder / name)
    trained = {name: runs[name][0].record.cost.trainable_parameters for name in runs.methods}
    write_json(folder / "parameters.json", trained)
    score = comparison.method(comparison.recommendation.method).scores[comparison.metric]
    write_json(
        folder / "recommended.json",
        {"recommended": recommended(comparison), key_of(comparison.metric): _rounded(score.mean)},
    )


def recommended(comparison: Comparison) -> str:
    """The method and what is known of it, in two words."""
    return f"{comparison.recommendation.method}, {known_of(comparison)}"


def known_of(comparison: Comparison) -> str:
    """What is known of the recommended method."""
    advice = comparison.recommendation
    return "withheld" if advice.withheld else "settled" if advice.settled else "not settled"


def _scores(
    runs: RunSet, comparison: Comparison, settings: EvaluateParams, split: Split
) -> dict[str, dict[str, Score]]:
    """By method and metric."""
    if split == "test":
        return {name: comparison.method(name).scores for name in runs.methods}
    by_metric = resampled_scores(runs, settings, split)
    return {name: scores_of(name, by_metric, settings) for name in runs.methods}


def _write_scores(scores: dict[str, dict[str, Score]], runs: RunSet, folder: Path) -> None:
    question = question_of(len(runs.seeds))
    metrics = next(iter(scores.values()))
    for metric in metrics:
        means = {name: _rounded(of[metric].mean) for name, of in scores.items()}
        intervals = {name: of[metric].answer(question) for name, of in scores.items()}
        halves = {name: _rounded((one.high - one.low) / 2) for name, one in intervals.items()}
        write_json(folder / f"{key_of(metric)}.json", means)
        write_json(folder / f"{key_of(metric)}{_PLUS_OR_MINUS}.json", halves)


def _rounded(share: float) -> float:
    return round(share, _DIGITS)
