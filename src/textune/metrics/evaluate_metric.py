"""The scores as a metric of the library `evaluate`, for code that takes one.

The pipeline calls `score` itself: an `evaluate.Metric` takes 0.2 s a call, scikit-learn 8 ms.
`evaluate.load` would fetch its scripts from the hub; this needs no network and writes no file.
"""

from typing import Any

import evaluate
import numpy as np
from datasets import Features, List, Value

from textune.metrics.scores import score


class Scores(evaluate.Metric):
    """`score` of probabilities, one list of them an example, and true classes.

    `label_names` has the names of the classes, in order.
    """

    def __init__(self, label_names: list[str]) -> None:
        super().__init__(keep_in_memory=True, seed=0)
        self._label_names = label_names

    def _build_data_dir(self) -> str:
        """evaluate creates a folder in the home directory here, even if all stays in memory."""
        return ""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="accuracy, macro recall, F1, log loss and more",
            citation="",
            inputs_description="predictions: probabilities of the classes; references: classes",
            features=Features(
                {"predictions": List(Value("float64")), "references": Value("int64")}
            ),
        )

    def _compute(self, predictions: Any, references: Any) -> dict[str, float]:
        probabilities, labels = np.asarray(predictions), np.asarray(references)
        return score(labels, probabilities.argmax(axis=1), probabilities, self._label_names)
