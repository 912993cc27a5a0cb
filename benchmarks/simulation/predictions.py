"""Predictions of models whose true accuracies are known, for examples of several classes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from benchmarks.simulation.truth import FOR_ALL, FOR_METHOD
from textune.metrics.catalog import COMPARED
from textune.stats.resampling import Patterns, bootstrap, scores
from textune.stats.seeds import Floats, ResampledScores


@dataclass(frozen=True)
class Setting:
    """Methods compared with `seeds` seeds on test examples of classes of given sizes.

    accuracies: by method, that of its models on average; `gaps` is taken from it in each class.
    seed_sd: how a model's accuracy spreads over seeds, in all classes alike. sizes: examples of
    each class, on average over test sets; gaps: (methods, classes) shares, none if left out. alike:
    the shares of an example's difficulty that are for all models and for a method's.
    """

    accuracies: tuple[float, ...]
    seed_sd: float
    seeds: int
    sizes: tuple[int, ...]
    gaps: tuple[tuple[float, ...], ...] | None = None
    alike: tuple[float, float] = (FOR_ALL, FOR_METHOD)

    @property
    def recalls(self) -> Floats:
        """(methods, classes) true recalls."""
        gaps = np.zeros((1, len(self.sizes))) if self.gaps is None else np.array(self.gaps)
        return np.asarray(np.array(self.accuracies)[:, None] - gaps)

    @property
    def shares(self) -> Floats:
        """(classes,) of the examples."""
        return np.asarray(np.array(self.sizes) / sum(self.sizes))

    @property
    def names(self) -> list[str]:
        """Names of the methods, from the cheapest to the dearest: a, b and so on."""
        return [chr(ord("a") + number) for number in range(len(self.accuracies))]


@dataclass(frozen=True)
class Predicted:
    """labels: (n,); predicted: (methods, seeds, n); recalls: (methods, seeds, classes), true."""

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    recalls: Floats


def class_sizes(classes: int, smallest: int, rows: int) -> tuple[int, ...]:
    """`rows` examples: one class has `smallest`, the others the rest in equal parts."""
    part, left = divmod(rows - smallest, classes - 1)
    return (smallest, *(part + (number < left) for number in range(classes - 1)))


def predict(setting: Setting, random: np.random.Generator) -> Predicted:
    """Train the models and let them predict new examples.

    What is wrong is another class, in proportion to the classes' sizes.
    """
    classes, methods, seeds = len(setting.sizes), len(setting.accuracies), setting.seeds
    # A class that test lacks is another problem.
    drawn = np.maximum(random.multinomial(sum(setting.sizes), setting.shares), 1)
    labels = np.repeat(np.arange(classes), drawn)
    rows = len(labels)
    spread = setting.seed_sd * random.normal(size=(methods, seeds, 1))
    recalls = np.clip(setting.recalls[:, None] + spread, 0.001, 0.999)
    for_all, for_method = setting.alike
    difficulty = (
        for_all**0.5 * random.normal(size=rows)
        + for_method**0.5 * random.normal(size=(methods, 1, rows))
        + (1 - for_all - for_method) ** 0.5 * random.normal(size=(methods, seeds, rows))
    )
    right = difficulty < stats.norm.ppf(recalls)[..., labels]
    wrong = _other_class(labels, setting.shares, random)
    return Predicted(labels, np.where(right, labels, wrong), recalls)


def true_scores(recalls: Floats, shares: Floats) -> dict[str, Floats]:
    """(...,) by metric, on endless examples with these shares (classes,) of the classes.

    recalls: (..., classes).
    """
    missed = shares * (1 - recalls) / (1 - shares)
    # What is missed of one class goes to the others, in proportion to their shares.
    predicted = shares * recalls + shares * (missed.sum(axis=-1, keepdims=True) - missed)
    f1 = 2 * shares * recalls / (shares + predicted)
    return {
        "accuracy": (shares * recalls).sum(axis=-1),
        "macro_recall": recalls.mean(axis=-1),
        "macro_f1": f1.mean(axis=-1),
    }


def resampled_scores(
    setting: Setting, predicted: Predicted, resamples: int, random: np.random.Generator
) -> Mapping[str, ResampledScores]:
    """As `evaluate` makes them."""
    methods, seeds, rows = predicted.predicted.shape
    flat = predicted.predicted.reshape(methods * seeds, rows)
    patterns = Patterns.of(predicted.labels, flat, len(setting.sizes))
    values = scores(patterns).reshape(-1, methods, seeds)
    resampled = bootstrap(patterns, resamples, random).reshape(-1, methods, seeds, resamples)
    return {
        metric: ResampledScores(
            dict(zip(setting.names, values[number], strict=True)),
            dict(zip(setting.names, resampled[number], strict=True)),
        )
        for number, metric in enumerate(COMPARED)
    }


def _other_class(
    labels: NDArray[np.int64], shares: Floats, random: np.random.Generator
) -> NDArray[np.int64]:
    """(n,) a class that is not the example's."""
    others = np.where(np.eye(len(shares), dtype=bool), 0, shares)
    upper = (others / others.sum(axis=-1, keepdims=True)).cumsum(axis=-1)
    upper[:, -1] = 1  # not less, by rounding
    drawn = random.random(len(labels))
    return np.asarray((drawn[:, None] >= upper[labels]).sum(axis=-1))
