"""How many seeds or test examples would settle the recommendation."""

from collections.abc import Mapping, Sequence

import numpy as np

from textune.stats.recommendation import standing
from textune.stats.results import Recommendation
from textune.stats.seeds import SEEDS_NEEDED, Floats, Means

# A plan should settle it with this probability.
POWER = 0.8
# More than these are nothing that people can have.
MOST_SEEDS, MOST_TIMES_THE_EXAMPLES = 30, 10
_TIMES = (1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, float(MOST_TIMES_THE_EXAMPLES))
_DRAWS = 4_000


def probability_settled(
    means: Means,
    among: Sequence[int],
    margin: float,
    level: float,
    seeds: int,
    times_examples: float = 1.0,
) -> float:
    """How likely so many seeds and test examples show that one of `among` is good enough.

    means: of a comparison that was made; the differences and variances that it found are taken for
    the true ones. among: numbers of methods. times_examples: examples in terms of that one's. For
    fixed models `seeds` should be those of `means`, since nothing is known of how seeds vary.
    """
    # The same numbers are drawn at every call, so that more seeds never look worse by chance.
    random = np.random.default_rng(0)
    methods = len(means.values)
    own_before = means.variance - means.excess
    own = own_before / times_examples
    shared = (means.examples - np.diag(own_before) / means.seeds) / times_examples
    of_seeds = means.excess + own
    values = means.values + random.normal(size=(_DRAWS, methods)) @ _root(
        shared + np.diag(of_seeds / seeds)
    )
    variance = own
    if means.variance.any():
        drawn = random.chisquare(seeds - 1, size=(_DRAWS, methods)) / (seeds - 1)
        variance = np.maximum(of_seeds * drawn, own)
    future = Means(values, seeds, shared + np.diag(own / seeds), variance, variance - own)
    return float(standing(future, margin, level).settled[:, among].any(axis=-1).mean())


def with_plan(
    advice: Recommendation,
    names: Sequence[str],
    means: Means,
    examples: int,
    margin: float,
    levels: Mapping[int, float],
) -> Recommendation:
    """`advice` with the numbers of seeds and test examples that would settle on a cheaper method.

    names: of the methods in `means`; examples: of test; levels: by the numbers of seeds that a
    later look may have, rising. If nothing is settled, any method will do; and where nothing that
    people can have would settle it, the method becomes the cheapest that may be good enough.
    """
    hopeful = _hopeful(advice)
    if not hopeful:
        return advice
    among = [names.index(name) for name in hopeful]

    def with_seeds(seeds: int) -> float:
        return probability_settled(means, among, margin, levels[seeds], seeds)

    def with_examples(times: float) -> float:
        return probability_settled(means, among, margin, advice.level, means.seeds, times)

    later = levels if means.seeds >= SEEDS_NEEDED else ()
    seeds_needed = next((seeds for seeds in later if with_seeds(seeds) >= POWER), None)
    times_needed = next((times for times in _TIMES if with_examples(times) >= POWER), None)
    method = advice.method
    if not advice.settled and seeds_needed is None and times_needed is None:
        method = hopeful[0]
    return advice.model_copy(
        update={
            "method": method,
            "seeds_needed": seeds_needed,
            "examples_needed": None if times_needed is None else round(times_needed * examples),
        }
    )


def _hopeful(advice: Recommendation) -> list[str]:
    """The methods that may be good enough, cheapest first; if one surely is, the cheaper ones."""
    running = [one.name for one in advice.candidates if one.in_the_running]
    return running[: running.index(advice.method)] if advice.settled else running


def _root(covariance: Floats) -> Floats:
    """A matrix whose square is `covariance`, which may have no full rank."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(np.sqrt(np.maximum(values, 0))[:, None] * vectors.T)
