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
from textune.stats.seeds import Estimate, question_of

_BASE, _HEAD = "base ", "head "
# Operations, of which no fraction is told.
_LARGE = 1e6


class Verdict(StrEnum):
    """Of a method, head against base."""

    UNCHANGED = "unchanged"
    WITHIN_NOISE = "within noise"
    BETTER = "surely better"
    WORSE = "surely worse"


@dataclass(frozen=True)
class Move:
    """One method's score by one metric, at head minus that at base.

    low, high: the interval of the difference. fails: whether it is surely worse by more than the
    margin. detectable: the smallest loss at which it would fail with a probability of `POWER`; None
    for the very same predictions.
    """

    name: str
    title: str
    metric: str
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
    """Of all methods that both sides have, by the metric that decides; `others` by the others.

    comparable: whether test is known to be the same on both sides; if not, there are no moves.
    paired: whether the predictions of both were at hand. seeds: those of head that were compared,
    if the sides have others. recommended: head's recommended method against base's, if it is
    another.
    """

    metric: str
    comparable: bool
    paired: bool
    seeds: list[int] | None
    methods: list[Move]
    others: list[Move]
    recommended: Move | None

    @property
    def every(self) -> list[Move]:
        """All of them but that of the recommended method."""
        return [*self.methods, *self.others]


@dataclass(frozen=True)
class _Pair:
    """A method of base and one of head: their scores, and their difference, None if the same."""

    base: str
    head: str
    metric: str
    before: float
    after: float
    estimate: Estimate | None


def moves(base: Side, head: Side, settings: EvaluateParams) -> Moves:
    """Hold head against base. Tests and intervals are corrected for their number (Bonferroni)."""
    names = {method.name for method in base.comparison.methods} - {UNTRAINED}
    shared = [one.name for one in head.comparison.methods if one.name in names]
    scores = [next(iter(side.comparison.methods)).scores for side in (base, head)]
    known = [metric for metric in scores[1] if metric in scores[0]]
    metric = settings.metric if settings.metric in known else "accuracy"
    settings = settings.model_copy(update={"metric": metric})
    chosen = (base.comparison.recommendation.method, head.comparison.recommendation.method)
    wanted = [(name, name) for name in shared]
    if chosen[0] != chosen[1]:
        wanted.append(chosen)
    paired = base.runs is not None and head.runs is not None
    seeds = None
    if base.runs is not None and head.runs is not None:
        if not _same_examples(base.runs, head.runs):
            return Moves(metric, False, True, None, [], [], None)
        if base.runs.seeds != head.runs.seeds:
            seeds = [head.runs.seeds[place] for place in _places(base.runs, head.runs)[1]]
        pairs = _paired(base.runs, head.runs, wanted, settings)
    else:
        if base.test is None or base.test != head.test:
            return Moves(metric, False, False, None, [], [], None)
        pairs = [_from_intervals(base, head, *pair, one) for one in known for pair in wanted]
    deciding = [pair for pair in pairs if pair.metric == metric]
    others = [one for one in pairs if one.metric in {*known} - {metric} and one.base == one.head]
    found, recommended = _judged(deciding, head, settings), None
    if len(found) > len(shared):
        *found, last = found
        was = base.comparison.method(chosen[0]).title
        recommended = replace(last, title=f"{last.title} (was {was})")
    return Moves(metric, True, paired, seeds, found, _judged(others, head, settings), recommended)


def _same_examples(base: RunSet, head: RunSet) -> bool:
    one, other = (runs.first.predictions["test"] for runs in (base, head))
    same = one.row_ids == other.row_ids and np.array_equal(one.labels, other.labels)
    return same and base.label_names == head.label_names


def _places(base: RunSet, head: RunSet) -> tuple[list[int], list[int]]:
    """Which runs of base and of head are compared: seeds of both, else as many of each."""
    both = [seed for seed in base.seeds if seed in head.seeds]
    if both:
        of_base, of_head = ([runs.seeds.index(seed) for seed in both] for runs in (base, head))
        return of_base, of_head
    first = list(range(min(len(base.seeds), len(head.seeds))))
    return first, first


def _paired(
    base: RunSet, head: RunSet, wanted: Sequence[tuple[str, str]], settings: EvaluateParams
) -> list[_Pair]:
    of_base, of_head = _places(base, head)
    by_name: dict[str, list[Run]] = {}
    for one, other in wanted:
        by_name[_BASE + one] = [base[one][place] for place in of_base]
        by_name[_HEAD + other] = [head[other][place] for place in of_head]
    both = RunSet(by_name, list(range(len(of_base))), {}, settings.decision)
    question = question_of(len(of_base))
    pairs = []
    for metric, scores in resampled_scores(both, settings).items():
        for one, other in wanted:
            names = (_HEAD + other, _BASE + one)
            alike = _alike(by_name[names[0]], by_name[names[1]])
            after, before = (float(scores.values[name].mean()) for name in names)
            estimate = None if alike else scores.estimate(names, question)
            pairs.append(_Pair(one, other, metric, before, after, estimate))
    return pairs


def _alike(one: Sequence[Run], other: Sequence[Run]) -> bool:
    return all(
        np.array_equal(a.predicted("test"), b.predicted("test"))
        for a, b in zip(one, other, strict=True)
    )


def _from_intervals(base: Side, head: Side, one: str, other: str, metric: str) -> _Pair:
    """As if the sides had other test sets: less certain than it could be.

    The same only if the models are, by their hashes.
    """
    (before, before_error), (after, after_error) = (
        _score(side.comparison, name, metric) for side, name in ((base, one), (head, other))
    )
    models = base.models(one)
    if models and models == head.models(other):
        return _Pair(one, other, metric, before, after, None)
    error = sqrt(before_error**2 + after_error**2)
    return _Pair(one, other, metric, before, after, Estimate(after - before, error, inf))


def _score(comparison: Comparison, name: str, metric: str) -> tuple[float, float]:
    """Mean and standard error."""
    score = comparison.method(name).scores[metric]
    interval = score.answer(comparison.question)
    reach = float(stats.norm.ppf((1 + comparison.confidence_level) / 2))
    return score.mean, (interval.high - interval.low) / 2 / reach


def _judged(pairs: Sequence[_Pair], head: Side, settings: EvaluateParams) -> list[Move]:
    tests = sum(pair.estimate is not None for pair in pairs)
    found = []
    for pair in pairs:
        title = head.comparison.method(pair.head).title
        move = Move(pair.head, title, pair.metric, pair.before, pair.after)
        if pair.estimate is not None:
            move = _tested(move, pair.estimate, tests, settings)
        found.append(move)
    return found


def _tested(move: Move, estimate: Estimate, tests: int, settings: EvaluateParams) -> Move:
    """The interval excludes 0 where the verdict is sure, as both are corrected alike."""
    margin, level = settings.noninferiority_margin, settings.level / tests
    low, high = estimate.interval(1 - (1 - settings.confidence_level) / tests)
    verdict = Verdict.WITHIN_NOISE
    if low > 0 or high < 0:
        verdict = Verdict.BETTER if estimate.value > 0 else Verdict.WORSE
    return replace(
        move,
        difference=estimate.value,
        low=low,
        high=high,
        verdict=verdict,
        fails=_loss_pvalue(estimate, margin) < level,
        # Of a one-sided test.
        detectable=(
            margin + estimate.smallest_detectable(2 * level, POWER) if estimate.error else None
        ),
    )


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
    if isinstance(value, float) and value >= _LARGE:
        return f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else f"{value}"
