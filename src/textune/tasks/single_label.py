"""Single-label classification: every example is of one of k classes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from textune.config.sections import Decision, TrainParams
from textune.metrics.scores import score
from textune.tasks.base import Task
from textune.tasks.labels import Encoded, Label, Where, encode_classes, encode_labels

if TYPE_CHECKING:
    from torch import nn


class SingleLabel(Task):
    """Softmax, cross-entropy, and the most probable class, or the one that suits macro recall."""

    name = "single_label"
    problem_type = "single_label_classification"

    def encode(
        self,
        columns: Mapping[str, Sequence[Label]],
        names: list[str] | None,
        where: Mapping[str, Where],
    ) -> Encoded:
        return encode_labels(columns, names, where)

    def encode_classes(
        self,
        columns: Mapping[str, Sequence[int | None]],
        classes: list[str],
        names: list[str] | None,
        where: Mapping[str, Where],
    ) -> Encoded:
        return encode_classes(columns, classes, names, where)

    def training_loss(self, train: TrainParams, labels: NDArray[np.int64]) -> "nn.Module":
        from textune.tasks.loss import SmoothedCrossEntropy, class_weights

        balanced = train.class_weight == "balanced"
        weights = class_weights(labels) if balanced else None
        return SmoothedCrossEntropy(train.label_smoothing, weights)

    def activate(self, outputs: NDArray[np.floating]) -> NDArray[np.float64]:
        from scipy.special import softmax

        probabilities: NDArray[np.float64] = softmax(np.asarray(outputs, np.float64), axis=1)
        return probabilities

    def decision_weights(
        self, decision: Decision, labels: NDArray[np.integer], classes: int
    ) -> NDArray[np.float64] | None:
        """For `balanced` one over each class's share of `labels`: what suits macro recall.

        Macro recall counts a class as often as another, however rare, so what decides is not how
        probable the class is but how much more probable than in general (Menon et al. 2021,
        "Long-tail learning via logit adjustment"). A class without a label counts as if it had one.
        """
        if decision == "most_probable":
            return None
        counts = np.maximum(np.bincount(labels, minlength=classes), 1)
        weights: NDArray[np.float64] = len(labels) / counts
        return weights

    def decide(
        self, probabilities: NDArray[np.floating], weights: NDArray[np.float64] | None = None
    ) -> NDArray[np.int64]:
        """(n,) the class of the highest weighted probability; the first of them at a tie."""
        weighted = probabilities if weights is None else probabilities * weights
        predicted: NDArray[np.int64] = weighted.argmax(axis=1)
        return predicted

    def scores(
        self,
        labels: NDArray[np.integer],
        predicted: NDArray[np.integer],
        probabilities: NDArray[np.floating],
        label_names: Sequence[str],
    ) -> dict[str, float]:
        return score(labels, predicted, probabilities, label_names)

    def example_scores(
        self, labels: NDArray[np.integer], predicted: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """(n,) 1 where the predicted class is the true one, else 0."""
        return (predicted == labels).astype(np.float64)
