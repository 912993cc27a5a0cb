"""Logistic regression over given features, for learners that bring their own."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse

# What a class that train lacks puts out.
_LOWEST = -50.0
_MOST_STEPS = 1000


class LinearModel:
    """A weight for each feature and class. Before it learns, all classes are equally probable."""

    def __init__(self, classes: int) -> None:
        self.weights, self.biases = np.zeros((classes, 0)), np.zeros(classes)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.weights.size + self.biases.size

    def fit(
        self,
        features: "sparse.csr_matrix | NDArray[np.floating]",
        labels: NDArray[np.integer],
        c: float,
        balanced: bool,
    ) -> float:
        """Learn from (n, k) features and (n,) labels; the number of operations that it took.

        c: inverse strength of the penalty on large weights, as scikit-learn has it; balanced:
        classes weigh as if they were of equal size.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        classes = len(self.biases)
        self.weights = np.zeros((classes, features.shape[1]))
        self.biases = np.full(classes, _LOWEST)
        present = np.unique(labels)
        if len(present) == 1:
            self.biases[present] = 0.0
            return 0.0
        weight = "balanced" if balanced else None
        model = LogisticRegression(C=c, class_weight=weight, max_iter=_MOST_STEPS)
        with warnings.catch_warnings():
            # What more steps would change is in no digit of a score.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, labels)
        weights, biases = model.coef_, model.intercept_
        stored = features.size if isinstance(features, np.ndarray) else features.nnz
        # Of each step, a product with the features forward and one backward.
        operations = 4.0 * stored * len(weights) * int(model.n_iter_.max())
        if len(model.classes_) == 2:
            # Given is the second class minus the first.
            weights, biases = np.vstack([-weights, weights]) / 2, np.hstack([-biases, biases]) / 2
        self.weights[model.classes_], self.biases[model.classes_] = weights, biases
        return operations

    def outputs(self, features: "sparse.csr_matrix | NDArray[np.floating]") -> NDArray[np.float64]:
        """(n, classes) of (n, k) features."""
        return np.asarray(features @ self.weights.T) + self.biases

    def tensors(self) -> dict[str, NDArray[np.float64]]:
        """What `take` needs, by name."""
        return {"weights": np.ascontiguousarray(self.weights), "biases": self.biases}

    def take(self, saved: Mapping[str, NDArray[np.float64]]) -> None:
        """Be the model whose `tensors` these are."""
        self.weights, self.biases = saved["weights"], saved["biases"]
