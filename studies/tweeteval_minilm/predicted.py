"""The study's committed predictions, read without textune."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studies.tweeteval_minilm.results import STUDY

Floats = NDArray[np.float64]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Predicted:
    """labels: (n,); probabilities: (S, n, k) by method."""

    labels: NDArray[np.int64]
    probabilities: dict[str, Floats]

    def classes(self, method: str) -> NDArray[np.int64]:
        """(S, n) what is predicted."""
        return self.probabilities[method].argmax(axis=2)

    def right(self, method: str) -> Floats:
        """(S, n) 1 where the prediction is right, else 0."""
        return (self.classes(method) == self.labels).astype(np.float64)

    def contributions(self, method: str, metric: str) -> Floats:
        """(S, n) numbers of the examples with the metric's value as mean.

        Their variance is that of the metric to first order (the delta method, by influence
        functions: Hampel 1974, "The influence curve and its role in robust estimation").
        """
        right, classes = self.right(method), self.classes(method)
        if metric == "accuracy":
            return right
        parts = []
        for one in range(self.probabilities[method].shape[2]):
            hits = right * (self.labels == one)
            # Recall is hits over examples, F1 hits over the mean of examples and predictions.
            counted = (self.labels == one).astype(np.float64) * np.ones_like(right)
            if metric == "macro_f1":
                counted = (counted + (classes == one)) / 2
            ratio = hits.mean(axis=1, keepdims=True) / counted.mean(axis=1, keepdims=True)
            shift = (hits - ratio * counted) / counted.mean(axis=1, keepdims=True)
            parts.append(ratio + shift)
        return np.asarray(np.mean(parts, axis=0))

    def gain(self, pair: Pair) -> Floats:
        """(n,) how much more often the first method is right about an example, mean over seeds."""
        return np.asarray(self.right(pair[0]).mean(axis=0) - self.right(pair[1]).mean(axis=0))


def read(methods: Sequence[str], seeds: Sequence[int]) -> Predicted:
    """The committed predictions for test."""
    frames = {
        name: [
            pd.read_parquet(STUDY / f"runs/{name}/{seed}/predictions/test.parquet")
            for seed in seeds
        ]
        for name in methods
    }
    return Predicted(
        frames[methods[0]][0]["label"].to_numpy(),
        {
            name: np.stack([np.stack(frame["probabilities"].to_list()) for frame in of_method])
            for name, of_method in frames.items()
        },
    )
