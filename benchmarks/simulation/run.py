"""All simulations in one go."""

from collections.abc import Callable

from benchmarks.simulation import borrowed, examples, looks, promise, sure
from benchmarks.simulation.grid import METHODS, SEEDS
from benchmarks.simulation.results import Results

STEPS = len(METHODS) * len(SEEDS) + 3 + len(examples.CASES)


def simulate(quick: bool, tick: Callable[[str], None]) -> Results:
    """Run them. quick: a twentieth of the trials, and no more than 20 classes.

    tick: called with a description before each of at most `STEPS` steps.
    """
    fewer = 20 if quick else 1
    trials, again = 5_000 // fewer, 40_000 // fewer
    promises, worst = promise.lines(trials, again, tick)
    tick("probabilities")
    of_sure = sure.lines(trials // 10, 500 // fewer)
    tick("borrowed variances")
    of_borrowed = borrowed.lines(trials, again)
    tick("looks")
    return Results(
        trials=trials,
        trials_again=again,
        promise=promises,
        worst=worst,
        issue=promise.of_the_issue(again),
        sure=of_sure,
        borrowed=of_borrowed,
        looks=looks.lines(trials, again),
        examples=examples.lines(1_000 // fewer, quick, tick),
    )
