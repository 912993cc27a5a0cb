"""Intervals of what methods are not compared by: log loss, calibration error, recall by class."""

from collections.abc import Callable, Iterator
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy import sparse
from statsmodels.stats.proportion import proportion_confint

from textune.config.sections import EvaluateParams
from textune.metrics.calibration import BINS, binned
from textune.metrics.scores import clipped, label_keys
from textune.runs.store import Run, RunSet
from textune.stats.intervals import score_with_intervals
from textune.stats.progress import shown
from textune.stats.results import Interval, Score
from textune.stats.seeds import Floats

# The ends of a 95 % interval vary by 1.5 % of its width with so many, and they take under a second.
RESAMPLES = 2_000
# Recall of a class with fewer examples than so many has an interval of its own.
FEW = 50
# A bin's gap that is larger than so many of its standard deviations has the true gap's sign.
_SURE = 2.0
_CELLS = 1_000_000  # numbers held at once: 8 MB an array

_Sparse = sparse.csr_array[np.float64, tuple[int, int]]


class OtherScore(BaseModel):
    """One metric of one method on test; `metric` is a key of `metrics.score`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    metric: str
    score: Score


def other_scores(runs: RunSet, settings: EvaluateParams) -> list[OtherScore]:
    """Of every method, in the declared order: log loss, calibration error, recall of each class.

    The test examples are drawn again with replacement, or whole clusters where predictions have
    groups: at most `RESAMPLES` times, the same draws for all models. For calibration error see
    `_calibration`, for a class with few examples `_few`. A class without an example in test is left
    out.
    """
    classes = [f"recall_{key}" for key in label_keys(runs.label_names)]
    sizes = np.bincount(runs.first.predictions["test"].labels, minlength=len(classes))
    models = [run for of_method in runs.values() for run in of_method]
    scores = [run.scores("test") for run in models]
    observed, drawn = _resampled(models, settings)
    # A draw without an example of a class says nothing of its recall.
    np.copyto(drawn, observed[..., None], where=np.isnan(drawn))
    gaps, too_high = _calibration(observed[:, 1 + len(classes) :], drawn[:, 1 + len(classes) :])
    resampled = {"log_loss": drawn[:, 0], "calibration_error": gaps}
    for number in np.flatnonzero(sizes).tolist():
        resampled[classes[number]] = drawn[:, 1 + number]
    examples = dict(zip(classes, sizes.tolist(), strict=True))
    found = []
    for place, name in enumerate(shown(runs, len(runs), "intervals of each class")):
        of_method = slice(len(runs.seeds) * place, len(runs.seeds) * (place + 1))
        for key, of_models in resampled.items():
            values = np.array([of_model[key] for of_model in scores[of_method]])
            highest = inf if key == "log_loss" else 1.0
            score = score_with_intervals(values, of_models[of_method], settings, highest)
            if key == "calibration_error":
                score = _lowered(score, float(too_high[of_method].mean()))
            elif examples.get(key, FEW) < FEW:
                score = _few(score, examples[key], settings)
            found.append(OtherScore(method=name, metric=key, score=score))
    return found


def _calibration(observed: Floats, drawn: Floats) -> tuple[Floats, Floats]:
    """Resampled calibration errors, (models, draws), and by how much each is too high, (models,).

    observed: (models, bins) the gaps, share right minus confidence, weighted by the share of the
    examples; drawn: (models, bins, draws). The error is the sum of the gaps without their signs.

    Chance makes a gap where there is none, so the error is biased upwards (Bröcker 2012,
    "Estimating reliability and resolution of probability forecasts through decomposition of the
    empirical score"; Kumar, Liang & Ma 2019, "Verified uncertainty calibration"), and that of
    resamples, where chance strikes twice, still more: percentiles of it seldom hold the truth.
    So the gaps of resamples keep the signs of test's, which centres them on test's error. A gap
    that may be chance adds at most the mean size of chance to the bias, |a + b| - |a| <= |b|, and
    the lower end of the interval allows for that. (docs/statistics.md has the coverage.)
    """
    noise = drawn - observed[..., None]
    chance = np.abs(observed) <= _SURE * noise.std(axis=-1)
    too_high = np.where(chance, np.abs(noise).mean(axis=-1), 0.0).sum(axis=-1)
    return (np.sign(observed)[..., None] * drawn).sum(axis=1), too_high


def _lowered(score: Score, bias: float) -> Score:
    """With room for a bias below both intervals, but not below 0."""
    return _changed(score, lambda low, high: (max(0.0, low - bias), high))


def _few(score: Score, examples: int, settings: EvaluateParams) -> Score:
    """Recall of so few examples: intervals that reach as far as Wilson's.

    Draws are too much alike, and all the same if every example is found. Wilson's interval (1927,
    "Probable inference, the law of succession, and statistical inference") holds for any number.
    """
    found = score.mean * examples
    ends = proportion_confint(found, examples, 1 - settings.confidence_level, method="wilson")
    return _changed(score, lambda low, high: (min(low, ends[0]), max(high, ends[1])))


def _changed(score: Score, change: Callable[[float, float], tuple[float, float]]) -> Score:
    """With both intervals changed."""

    def changed(interval: Interval) -> Interval:
        low, high = change(interval.low, interval.high)
        return Interval(low=low, high=high)

    over_seeds = None if score.over_seeds is None else changed(score.over_seeds)
    changes = {"fixed_models": changed(score.fixed_models), "over_seeds": over_seeds}
    return score.model_copy(update=changes)


def _resampled(models: list[Run], settings: EvaluateParams) -> tuple[Floats, Floats]:
    """The ratios of `_ratios` on test as it is, and on every draw of it."""
    test, classes = models[0].predictions["test"], len(models[0].record.label_names)
    sizes = _table(test.labels, np.ones(len(test.labels)), classes)
    added = sparse.vstack([sizes, *(_added(model, classes) for model in models)], "csr")
    if test.clusters is not None:
        _, cluster = np.unique(test.clusters, return_inverse=True)
        added = added @ _table(cluster, np.ones(len(cluster)), int(cluster.max()) + 1).T
    rows, units = added.shape
    random = np.random.default_rng(settings.seed)

    def ratios(times: NDArray[Any]) -> Floats:
        sums = added @ times.astype(np.float64)
        return _ratios(sums[:classes], sums[classes:].reshape(len(models), -1, times.shape[1]))

    observed = ratios(np.ones((units, 1)))
    # With many classes this is large, so it is there once.
    drawn = np.empty((*observed.shape[:2], min(settings.resamples, RESAMPLES)))
    done = 0
    for count in _batches(drawn.shape[-1], max(rows, units)):
        # The unit that is drawn, and the column of its draw, as one number.
        place = random.integers(units, size=(units, count)) * count + np.arange(count)
        times = np.bincount(place.ravel(), minlength=units * count)
        drawn[..., done : done + count] = ratios(times.reshape(units, count))
        done += count
    return observed[..., 0], drawn


def _added(model: Run, classes: int) -> _Sparse:
    """(1 + classes + bins, n) what each example adds to the sums of `_ratios`."""
    test = model.predictions["test"]
    loss = -np.log(clipped(test.probabilities)[np.arange(len(test.labels)), test.labels])
    number, confidence, right = binned(test.labels, test.probabilities)
    parts = (
        _table(np.zeros_like(test.labels), loss, 1),
        _table(test.labels, model.example_scores("test"), classes),
        _table(number, right - confidence, BINS),
    )
    return sparse.vstack(parts, "csr")


def _table(row: NDArray[np.int64], values: Floats, rows: int) -> _Sparse:
    """(rows, n) the value of each of n examples in its row, else 0."""
    return sparse.coo_array((values, (row, np.arange(len(row)))), (rows, len(row))).tocsr()


def _ratios(sizes: Floats, sums: Floats) -> Floats:
    """(models, 1 + classes + bins, draws): log loss, recall by class, gap by bin of confidence.

    sizes: (classes, draws) examples of each class; sums: of the losses, the hits by class, and the
    hits minus the confidence by bin. Recall is NaN where a draw has no example of the class.
    """
    examples = np.broadcast_to(sizes.sum(axis=0), sums.shape).copy()
    examples[:, 1 : 1 + len(sizes)] = sizes
    ratios = np.full(sums.shape, np.nan)
    return np.divide(sums, examples, out=ratios, where=examples > 0)


def _batches(resamples: int, columns: int) -> Iterator[int]:
    size = max(1, _CELLS // columns)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)
