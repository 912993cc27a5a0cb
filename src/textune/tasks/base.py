"""What depends on the kind of label, behind one interface.

A learner and the statistics see examples with labels and outputs, and ask the task what these mean.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from textune.config.sections import Decision, TrainParams
from textune.tasks.labels import Encoded, Label, Where

if TYPE_CHECKING:
    from torch import nn


class Task(ABC):
    """A kind of label. There are n examples and k classes."""

    name: ClassVar[str]
    # What transformers calls it.
    problem_type: ClassVar[str]

    @abstractmethod
    def encode(
        self,
        columns: Mapping[str, Sequence[Label]],
        names: list[str] | None,
        where: Mapping[str, Where],
    ) -> Encoded:
        """Label names, and each split's labels as numbers; see `labels.encode_labels`."""

    @abstractmethod
    def encode_classes(
        self,
        columns: Mapping[str, Sequence[int | None]],
        classes: list[str],
        names: list[str] | None,
        where: Mapping[str, Where],
    ) -> Encoded:
        """The same for labels that are numbers of `classes`; see `labels.encode_classes`."""

    @abstractmethod
    def training_loss(self, train: TrainParams, labels: NDArray[np.int64]) -> "nn.Module":
        """A module that takes outputs (n, k) and labels (n,), for training on `labels`."""

    @abstractmethod
    def activate(self, outputs: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, k) probabilities, from what a model puts out."""

    @abstractmethod
    def decision_weights(
        self, decision: Decision, labels: NDArray[np.integer], classes: int
    ) -> NDArray[np.float64] | None:
        """(k,) weights of the classes in `decide`, or None, from the labels of validation."""

    @abstractmethod
    def decide(
        self, probabilities: NDArray[np.floating], weights: NDArray[np.float64] | None = None
    ) -> NDArray[np.int64]:
        """(n,) what is predicted, from probabilities (n, k)."""

    @abstractmethod
    def scores(
        self,
        labels: NDArray[np.integer],
        predicted: NDArray[np.integer],
        probabilities: NDArray[np.floating],
        label_names: Sequence[str],
    ) -> dict[str, float]:
        """By metric, of all examples together."""

    @abstractmethod
    def example_scores(
        self, labels: NDArray[np.integer], predicted: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """(n,) a score of each example, whose mean is the accuracy."""
