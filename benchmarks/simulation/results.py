"""What the simulations found, as metrics/simulation.json has it.

Shares are of trials. Regrets and standard deviations over seeds are shares of 1: 0.01 is a point.
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from textune.io import write_text
from textune.metrics.catalog import DIGITS

# Rounded where a result is made, so that the file holds what the tables show.
Share = Annotated[float, AfterValidator(lambda share: round(share, DIGITS))]
COMMITTED = Path("metrics/simulation.json")


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(_Line):
    """How a rule fares with one truth.

    wrong: it settles on a method worse by the margin or more; right: on the cheapest within the
    margin; regret: how much worse than the best the method it names is, on average.
    """

    wrong: Share
    right: Share
    regret: Share


class Rules(_Line):
    """One outcome each."""

    textune: Outcome
    before: Outcome
    highest: Outcome


class Promise(_Line):
    """Over all truths with so many methods and seeds.

    worst: the largest shares of wrong and right and the largest regret, of any truth each; for
    `textune.wrong` from new trials. mean: over the truths. equal: the mean over those in which all
    methods are equal.
    """

    methods: int
    seeds: int
    truths: int
    worst: Rules
    mean: Rules
    equal: Rules


class WorstTruth(_Line):
    """A truth with which textune's rule settles wrongly most often, in new trials."""

    scenario: str
    methods: int
    seeds: int
    rows: int
    seed_sds: tuple[Share, ...]
    wrong: Share


class IssueCase(_Line):
    """Accuracies 0.68, 0.76, 0.76 and 0.77; 6,000 test rows."""

    seed_sd: Share
    seeds: int
    rules: Rules


class Sure(_Line):
    """Methods that are told to be within the margin with a probability from `low` to `high`.

    of_grid, at_random: the share that truly is, over the grid of truths and over random truths.
    """

    low: Share
    high: Share
    of_grid: Share
    at_random: Share


class Borrowed(_Line):
    """The rule with variances that borrow from other methods.

    The largest shares of wrong, where all seed deviations are equal and where they are not; and
    the mean share of right where methods and deviations are equal.
    """

    how: str
    wrong_equal: Share
    wrong_unequal: Share
    right: Share


class Looks(_Line):
    """Stopping at the first look that settles.

    wrong: the largest share of any truth; right, seeds: the mean share that is settled rightly, and
    the mean number of seeds spent, where all methods are equal. Each without and with sharing the
    level among the looks.
    """

    looks: tuple[int, ...]
    wrong: tuple[Share, Share]
    right: tuple[Share, Share]
    seeds: tuple[Share, Share]


class OfExamples(_Line):
    """Two methods, the cheap one worse by just the margin, from predictions of single examples.

    smallest: examples of the smallest class. accuracy: of the better method, in every class.
    worse_in: how many of the smallest classes the cheap method is worse in. alike: whether models
    err on the same examples more than elsewhere. Coverage is of 95 % intervals.
    """

    metric: str
    classes: int
    smallest: int
    rows: int
    seeds: int
    accuracy: Share
    worse_in: int
    alike: bool
    trials: int
    covers_method: Share
    covers_pair: Share
    covers_pair_fixed_models: Share
    wrong: Share


class Results(_Line):
    """Everything. trials: of each truth; trials_again: of the worst ones, anew."""

    trials: int
    trials_again: int
    promise: list[Promise]
    worst: list[WorstTruth]
    issue: list[IssueCase]
    sure: list[Sure]
    borrowed: list[Borrowed]
    looks: list[Looks]
    examples: list[OfExamples]


def write(path: Path, results: Results) -> None:
    """Write the results, whole or not at all."""
    write_text(path, results.model_dump_json(indent=2) + "\n")


def read(path: Path = COMMITTED) -> Results:
    """What `write` wrote."""
    return Results.model_validate_json(path.read_text(encoding="utf-8"))
