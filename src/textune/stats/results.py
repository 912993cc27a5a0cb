"""The comparison as a value: scores, differences, verdicts, and the method that is recommended.

Statistics make it, tables and charts show it, and `comparison_file` keeps it as JSON. Scores and
differences are shares: 0.01 is one point. An answer that is None cannot be given.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import combinations
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from textune.config.sections import CostName, Decision
from textune.metrics.catalog import DIGITS

PairNames = tuple[str, str]

# Rounded where a result is made, so that the file holds what tables and charts see.
Share = Annotated[float, AfterValidator(lambda share: round(share, DIGITS))]
PValue = Annotated[float, AfterValidator(lambda p: float(f"{p:.4g}"))]


class Verdict(StrEnum):
    """What a test says of the first method of a pair."""

    BETTER = "better"
    WORSE = "worse"
    NOT_DISTINGUISHABLE = "not distinguishable"


class Question(StrEnum):
    """What is drawn again, the examples alone or the seeds as well: what an answer is about."""

    FIXED_MODELS = "fixed_models"
    OVER_SEEDS = "over_seeds"


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interval(_Result):
    """An interval at the confidence level, not corrected for other intervals."""

    low: Share
    high: Share


class Test(Interval):
    """The interval of a difference, and the two-sided test against no difference.

    p_holm: p after Holm's correction over all pairs of the metric. smallest_detectable: the true
    difference that would be found with 80 % power at the level of the family's smallest p.
    p_by_seed: for fixed models, p of each seed's pair of models alone.
    """

    __test__: ClassVar[bool] = False  # not a test of pytest's

    p: PValue
    p_holm: PValue
    smallest_detectable: Share | None = None
    p_by_seed: dict[int, PValue] = {}


class Score(_Result):
    """One metric of one method on test, the mean over seeds.

    test_sd: standard deviation over test sets, same models; seed_sd: over seeds, same examples.
    """

    mean: Share
    test_sd: Share
    seed_sd: Share | None = None
    fixed_models: Interval
    over_seeds: Interval | None = None

    def answer(self, question: Question) -> Interval:
        """The interval for a question. Raises ValueError if it has no answer."""
        interval = self.fixed_models if question is Question.FIXED_MODELS else self.over_seeds
        if interval is None:
            raise ValueError(f"there is no interval for {question}")
        return interval


class MethodResult(_Result):
    """The scores of one method, or of the untrained head.

    title: what people call it; method: the kind of method, which variants share.
    """

    name: str
    title: str
    method: str
    scores: dict[str, Score]


class Difference(_Result):
    """First minus second method by one metric; `verdict` answers `question`."""

    difference: Share
    fixed_models: Test
    over_seeds: Test | None = None
    verdict: Verdict
    question: Question

    def answer(self, question: Question) -> Test:
        """The test for a question. Raises ValueError if it has no answer."""
        test = self.fixed_models if question is Question.FIXED_MODELS else self.over_seeds
        if test is None:
            raise ValueError(f"there is no test for {question}")
        return test


class Pair(_Result):
    """Two methods; the first is declared later than the second."""

    first: str
    second: str
    differences: dict[str, Difference]


class Candidate(_Result):
    """How sure it is that a method is good enough: worse than the best by less than the margin.

    sure: 1 - p of the least sure of its tests against the other methods, that against `rival`.
    in_the_running: not surely worse than another by the margin or more.
    """

    name: str
    sure: Share
    in_the_running: bool
    good_enough: bool
    rival: str | None = None


class Recommendation(_Result):
    """The method to use: see `recommendation.recommend`.

    settled: whether `method` is surely good enough, and is the cheapest that is; if not, it is the
    most surely good enough. level: the probability, at most, of settling on a method that is not.
    withheld: that no verdict is given, since the tests do not hold here.
    candidates: the cheapest first. seeds_needed, examples_needed: how many would settle it, or,
    where it is settled, would settle on a cheaper method, with `planning.POWER` and as far as one
    can tell from these runs; None if more than could be had.
    """

    method: str
    settled: bool
    level: float
    candidates: list[Candidate]
    withheld: bool = False
    seeds_needed: int | None = None
    examples_needed: int | None = None

    def candidate(self, name: str) -> Candidate:
        """That of a method. Raises KeyError if there is none."""
        return {candidate.name: candidate for candidate in self.candidates}[name]


class Comparison(_Result):
    """All methods with their scores, all pairs with their verdicts, and a recommendation.

    methods: in the declared order, the untrained head first; seeds: how many; examples: of test.
    planned_seeds: the numbers of seeds at which results are looked at. cost: what methods are
    cheaper by, with weights if it is several. small_classes: those with fewer than
    `enough_of_a_class` test examples, so that tests of means over classes do not hold; of a metric
    that names its classes, those of them. doubts:
    sentences about trainings that went wrong, None without any. skipped: why methods that belong to
    the default did not run, by name; None if all did.
    """

    confidence_level: float
    noninferiority_margin: float
    planned_seeds: list[int] | None = None
    cost: CostName | dict[CostName, float]
    metric: str
    decision: Decision
    question: Question
    seeds: int
    examples: int
    enough_of_a_class: int
    small_classes: list[str]
    doubts: list[str] | None = None
    skipped: dict[str, str] | None = None
    methods: list[MethodResult]
    pairs: list[Pair]
    recommendation: Recommendation

    def method(self, name: str) -> MethodResult:
        """The method of that name. Raises KeyError if there is none."""
        return {method.name: method for method in self.methods}[name]


def declared_pairs(methods: Sequence[str]) -> list[PairNames]:
    """Every pair of `methods`, (later, earlier), in the order in which pairs are listed."""
    return [(later, earlier) for earlier, later in combinations(methods, 2)]
