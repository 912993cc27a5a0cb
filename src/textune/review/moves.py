"""How each method's score differs between two sides, and whether that is more than noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, sqrt

import numpy as np
from scipy import stats

from textune.config.base import UNTRAINED
from textune.config.sections import EvaluateParams
from textune.review.sides import Side
from textune.runs.store import Run, RunSet
from textune.stats.differences import POWER
from textune.stats.results import Comparison
from textune.stats.scoring import resampled_scores
from textune.stats.seeds import Estimate, ResampledScores, holm, question_of

_BASE, _HEAD = "base ", "head "


class Verdict(StrEnum):
    """Of a method, head against base."""

    UNCHANGED = "unchanged"
    WITHIN_NOISE = "within noise"
    BETTER = "surely better"
    WORSE = "surely worse"


@dataclass(frozen=True)
class Move:
    """One method's score at head minus that at base.

    low, high: the interval of the difference. fails: whether it is surely worse by more than the
    margin. detectable: the smallest loss at which it would fail with a probability of `POWER`; None
    for the very same predictions.
    """

    name: str
    title: str
    base: float
    head: float
    difference: float = 0.0
    low: float = 0.0
    high: float = 0.0
    verdict: Verdict = Verdict.UNCHANGED
    fails: bool = False
    detectable: float | None = None


@dataclass(frozen=True)
class Moves:
    """Of all methods that both sides have, by head's metric, or accuracy if base lacks that.

    comparable: whether test is the same on both sides; if not, there are no moves. paired: whether
    the predictions of both were at hand. recommended: head's recommended method against base's, if
    it is another.
    """

    metric: str
    comparable: bool
    paired: bool
    methods: list[Move]
    recommended: Move | None


def moves(base: Side, head: Side, settings: EvaluateParams) -> Moves:
    """Hold head against base. Tests are corrected for their number (Holm)."""
    shared = [
        method.name
        for method in head.comparison.methods
        if method.name in _names(base.comparison) and method.name != UNTRAINED
    ]
    known = next(iter(base.comparison.methods)).scores
    metric = settings.metric if settings.metric in known else "accuracy"
    settings = settings.model_copy(update={"metric": metric})
    chosen = (base.comparison.recommendation.method, head.comparison.recommendation.method)
    pairs = [(name, name) for name in shared]
    if chosen[0] != chosen[1]:
        pairs.append(chosen)
    same, paired = _same_test(base, head)
    if not same:
        return Moves(metric, False, paired, [], None)
    estimates = (
        _paired(base.runs, head.runs, pairs, settings)
        if base.runs is not None and head.runs is not None
        else [_from_intervals(base.comparison, head.comparison, *pair, metric) for pair in pairs]
    )
    found = _judged(pairs, estimates, base.comparison, head.comparison, settings)
    other = found[-1] if len(found) > len(shared) else None
    return Moves(metric, True, paired, found[: len(shared)], other)


def _names(comparison: Comparison) -> set[str]:
    return {method.name for method in comparison.methods}


def _same_test(base: Side, head: Side) -> tuple[bool, bool]:
    """Whether test has the same rows, and whether both sides have predictions."""
    if base.runs is None or head.runs is None:
        return base.test == head.test, False
    one, other = (side.runs.first.predictions["test"] for side in (base, head) if side.runs)
    same = one.row_ids == other.row_ids and np.array_equal(one.labels, other.labels)
    return same and base.runs.label_names == head.runs.label_names, True


def _paired(
    base: RunSet, head: RunSet, pairs: Sequence[tuple[str, str]], settings: EvaluateParams
) -> list[Estimate | None]:
    """None for the very same predictions."""
    # Seeds are no pairs, so the first of each side will do.
    seeds = min(len(base.seeds), len(head.seeds))
    by_name: dict[str, list[Run]] = {}
    for one, other in pairs:
        by_name[_BASE + one] = base[one][:seeds]
        by_name[_HEAD + other] = head[other][:seeds]
    both = RunSet(by_name, list(range(seeds)), {}, settings.decision)
    scores: ResampledScores = resampled_scores(both, settings)[settings.metric]
    question = question_of(seeds)
    return [
        None
        if _alike(base[one], head[other])
        else scores.estimate((_HEAD + other, _BASE + one), question)
        for one, other in pairs
    ]


def _alike(one: Sequence[Run], other: Sequence[Run]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a.predicted("test"), b.predicted("test"))
        for a, b in zip(one, other, strict=True)
    )


def _from_intervals(
    base: Comparison, head: Comparison, one: str, other: str, metric: str
) -> Estimate | None:
    """As if the sides had other test sets: less certain than it could be."""
    (before, before_error), (after, after_error) = (
        _score(comparison, name, metric) for comparison, name in ((base, one), (head, other))
    )
    if (before, before_error) == (after, after_error) and one == other:
        return None
    return Estimate(after - before, sqrt(before_error**2 + after_error**2), inf)


def _score(comparison: Comparison, name: str, metric: str) -> tuple[float, float]:
    """Mean and standard error."""
    score = comparison.method(name).scores[metric]
    interval = score.answer(comparison.question)
    reach = float(stats.norm.ppf((1 + comparison.confidence_level) / 2))
    return score.mean, (interval.high - interval.low) / 2 / reach


def _judged(
    pairs: Sequence[tuple[str, str]],
    estimates: Sequence[Estimate | None],
    base: Comparison,
    head: Comparison,
    settings: EvaluateParams,
) -> list[Move]:
    known = [one for one in estimates if one is not None]
    margin, level = settings.noninferiority_margin, 1 - settings.confidence_level
    corrected = iter(holm([one.pvalue() for one in known]))
    losses = iter(holm([_loss_pvalue(one, margin) for one in known]))
    found = []
    for (one, other), estimate in zip(pairs, estimates, strict=True):
        means = (base.method(one), head.method(other))
        before, after = (method.scores[settings.metric].mean for method in means)
        move = Move(other, head.method(other).title, before, after)
        if estimate is not None:
            low, high = estimate.interval(settings.confidence_level)
            verdict = Verdict.WITHIN_NOISE
            if next(corrected) < level:
                verdict = Verdict.BETTER if estimate.value > 0 else Verdict.WORSE
            # Of a one-sided test at its share of the level.
            share = 2 * settings.level / len(known)
            move = replace(
                move,
                difference=estimate.value,
                low=low,
                high=high,
                verdict=verdict,
                fails=next(losses) < settings.level,
                detectable=(
                    margin + estimate.smallest_detectable(share, POWER) if estimate.error else None
                ),
            )
        found.append(move)
    return found


def _loss_pvalue(estimate: Estimate, margin: float) -> float:
    """One-sided, against a loss of no more than the margin."""
    if estimate.error == 0:
        return float(estimate.value >= -margin)
    return float(stats.t.cdf((estimate.value + margin) / estimate.error, estimate.df))


def changed(base: Mapping[str, object], head: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Keys whose values differ, with both values in words; a dash where there is none."""
    keys = sorted(base.keys() | head.keys())
    return [
        (key, _word(base.get(key)), _word(head.get(key)))
        for key in keys
        if base.get(key) != head.get(key) or (key in base) != (key in head)
    ]


def _word(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else f"{value}"
