"""Classification metrics as `evaluate.Metric` classes over scikit-learn.

`evaluate.load("accuracy")` fetches its script from the hub; these need no network, keep their data
in memory and write no file, so any number of processes may compute at once.
Importing this module takes seconds: import it where a score is computed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from datasets import Features, List, Value
from numpy.typing import NDArray
from sklearn import metrics as sk


@contextmanager
def _without_transformers() -> Iterator[None]:
    """Keep `import evaluate` from importing transformers, and with it torch (6 to 30 seconds).

    It does so for pipelines, which nothing here uses, and copes with their absence. Where
    transformers is already imported, as in training, nothing is kept from it.
    """
    if "transformers" in sys.modules:
        yield
        return
    sys.modules["transformers"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["transformers"]


with _without_transformers():
    import evaluate


class _LocalMetric(evaluate.Metric):
    description = ""
    prediction: Any = Value("int64")

    def __init__(self) -> None:
        super().__init__(keep_in_memory=True, seed=0)

    def _build_data_dir(self) -> str:
        """evaluate creates a folder in the home directory here, even if all stays in memory."""
        return ""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.description,
            citation="",
            inputs_description="predictions, references: one entry an example",
            features=Features({"predictions": self.prediction, "references": Value("int64")}),
        )


class Accuracy(_LocalMetric):
    """Share of examples whose predicted class is the true one."""

    description = "accuracy"

    def _compute(self, predictions: Any, references: Any, classes: int) -> dict[str, Any]:
        return {"accuracy": sk.accuracy_score(references, predictions)}


class F1(_LocalMetric):
    """Harmonic mean of precision and recall: mean over classes, and mean weighted by their size."""

    description = "macro and weighted F1"

    def _compute(self, predictions: Any, references: Any, classes: int) -> dict[str, Any]:
        each = _each_class(sk.f1_score, predictions, references, classes)
        sizes = np.bincount(references, minlength=classes)
        return {"macro_f1": each.mean(), "weighted_f1": np.average(each, weights=sizes)}


class Recall(_LocalMetric):
    """Share of a class's examples that are found: each class, and mean over classes."""

    description = "macro recall, and recall of each class"

    def _compute(self, predictions: Any, references: Any, classes: int) -> dict[str, Any]:
        each = _each_class(sk.recall_score, predictions, references, classes)
        return {"macro_recall": each.mean(), "recall": each.tolist()}


class Precision(_LocalMetric):
    """Share of the examples predicted as a class that belong to it: each class."""

    description = "precision of each class"

    def _compute(self, predictions: Any, references: Any, classes: int) -> dict[str, Any]:
        each = _each_class(sk.precision_score, predictions, references, classes)
        return {"precision": each.tolist()}


class LogLoss(_LocalMetric):
    """Mean negative log of the true class's probability, in nats.

    Takes probabilities, one list an example. They are clipped at float32's resolution (1.2e-7):
    below it a softmax in float32 rounds to 0, and one such example would make the mean infinite.
    """

    description = "log loss"
    prediction = List(Value("float64"))

    def _compute(self, predictions: Any, references: Any) -> dict[str, Any]:
        clipped = np.clip(np.asarray(predictions), np.finfo(np.float32).eps, 1)
        clipped /= clipped.sum(axis=1, keepdims=True)
        return {"log_loss": sk.log_loss(references, clipped, labels=range(clipped.shape[1]))}


def _each_class(metric: Any, predictions: Any, references: Any, classes: int) -> NDArray[Any]:
    """(classes,) the metric of each class, 0 where it is undefined."""
    each = metric(references, predictions, labels=range(classes), average=None, zero_division=0)
    return np.asarray(each)
