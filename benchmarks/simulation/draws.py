"""Scores drawn at the level of models, many comparisons at once."""

from dataclasses import dataclass

import numpy as np

from benchmarks.simulation.truth import Truth, shared_by_methods
from textune.stats.seeds import Floats, Means

VALIDATION_ROWS = 2_000


@dataclass(frozen=True)
class Draws:
    """Scores in many trials, and what chance of the rows moves them by.

    test, validation: (trials, methods, seeds) scores; shared: (methods, methods) covariance on test
    of models of different seeds; own: (methods,) the rest of a model's variance on test.
    """

    test: Floats
    validation: Floats
    shared: Floats
    own: Floats

    def means(self) -> Means:
        """As `ResampledScores.means` makes them, over seeds, from very many resamples."""
        seeds = self.test.shape[-1]
        variance = np.maximum(self.test.var(axis=-1, ddof=1), self.own)
        return Means(
            values=self.test.mean(axis=-1),
            seeds=seeds,
            examples=self.shared + np.diag(self.own / seeds),
            variance=variance,
            excess=variance - self.own,
        )

    def first(self, seeds: int) -> "Draws":
        """The same trials when only so many seeds were done."""
        return Draws(self.test[..., :seeds], self.validation[..., :seeds], self.shared, self.own)


def draw(truth: Truth, trials: int, random: np.random.Generator) -> Draws:
    """Train and score the methods in as many trials."""
    size = (trials, len(truth.accuracies), truth.seeds)
    spread = np.array(truth.seed_sds)[:, None] * random.normal(size=size)
    models = np.array(truth.accuracies)[:, None] + spread
    test, shared, own = _scored(models, truth.accuracies, truth.rows, random)
    validation, _, _ = _scored(models, truth.accuracies, VALIDATION_ROWS, random)
    return Draws(test, validation, shared, own)


def _scored(
    models: Floats, accuracies: tuple[float, ...], rows: int, random: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Scores on new rows of models with these true accuracies; with `shared` and `own`."""
    shared = shared_by_methods(accuracies) / rows
    right = np.array(accuracies)
    own = right * (1 - right) / rows - np.diagonal(shared)
    trials = len(models)
    of_methods = random.multivariate_normal(np.zeros(len(right)), shared, trials, method="cholesky")
    of_models = np.sqrt(own)[:, None] * random.normal(size=models.shape)
    return models + of_methods[..., None] + of_models, shared, own
