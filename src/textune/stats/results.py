"""The comparison as a value: scores, differences, verdicts, and the method that is recommended.

Statistics make it, tables and charts show it, and `comparison_file` keeps it as JSON. Scores and
differences are shares: 0.01 is one point. An answer that is None cannot be given.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import combinations
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from textune.config.sections import ComparedMetric, Decision
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
    scores: dict[ComparedMetric, Score]


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
    differences: dict[ComparedMetric, Difference]


class TestedMethod(_Result):
    """A method that is cheaper than the best, tested for being not worse by the margin or more.

    difference: its score minus the best's; low: the lower end of the interval, not corrected;
    p_not_worse_holm: one-sided, after Holm's correction over the methods tested.
    """

    __test__: ClassVar[bool] = False

    name: str
    difference: Share
    low: Share
    p_not_worse_holm: PValue


class Recommendation(_Result):
    """The method to use: see `recommendation.recommend`.

    better_on_test: the methods that are better on test than the best on validation.
    """

    method: str
    best_on_validation: str
    tested: list[TestedMethod] = []
    better_on_test: list[str] = []


class Comparison(_Result):
    """All methods with their scores, all pairs with their verdicts, and a recommendation.

    methods: in the declared order, the untrained head first; seeds: how many; examples: of test.
    """

    confidence_level: float
    noninferiority_margin: float
    metric: ComparedMetric
    decision: Decision
    question: Question
    seeds: int
    examples: int
    methods: list[MethodResult]
    pairs: list[Pair]
    recommendation: Recommendation

    def method(self, name: str) -> MethodResult:
        """The method of that name. Raises KeyError if there is none."""
        return {method.name: method for method in self.methods}[name]


def declared_pairs(methods: Sequence[str]) -> list[PairNames]:
    """Every pair of `methods`, (later, earlier), in the order in which pairs are listed."""
    return [(later, earlier) for earlier, later in combinations(methods, 2)]
