"""Scores of one set of predicted classes, as a flat map of plain numbers."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from textune.errors import DivergedError
from textune.metrics.calibration import expected_calibration_error
from textune.metrics.catalog import DIGITS


def score(
    labels: NDArray[np.integer],
    predicted: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    label_names: Sequence[str],
) -> dict[str, float]:
    """Accuracy, macro recall, macro and weighted F1, log loss, calibration error, and recall and
    precision by class, all from scikit-learn but the calibration error (see `calibration`).

    labels and predicted: (n,) classes; probabilities: (n, k); label_names: k names.
    Classes are keyed `recall_<label>` and `precision_<label>` (see `label_keys`). A class without
    an example has recall 0, one that is never predicted precision 0, and both count in the means.
    Log loss is in nats; probabilities are clipped at float32's resolution (1.2e-7), below which a
    softmax in float32 rounds to 0 and one example would make the mean infinite.
    Raises ValueError if the shapes do not fit and DivergedError if a probability is not finite.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if probabilities.shape != (len(labels), len(label_names)):
        raise ValueError(
            f"probabilities have shape {probabilities.shape}, but there are {len(labels)} labels "
            f"and {len(label_names)} label names"
        )
    if not np.isfinite(probabilities).all():
        raise DivergedError("the model predicts NaN, so training diverged")
    # scikit-learn takes a second to import; whoever only needs names should not wait.
    from sklearn import metrics as sklearn_metrics

    classes = range(len(label_names))
    precision, recall, f1, examples = sklearn_metrics.precision_recall_fscore_support(
        labels, predicted, labels=classes, average=None, zero_division=0
    )
    keys = label_keys(label_names)
    scores = {
        "accuracy": sklearn_metrics.accuracy_score(labels, predicted),
        "macro_f1": f1.mean(),
        "weighted_f1": np.average(f1, weights=examples),
        "macro_recall": recall.mean(),
        **{f"recall_{key}": value for key, value in zip(keys, recall, strict=True)},
        **{f"precision_{key}": value for key, value in zip(keys, precision, strict=True)},
        "log_loss": sklearn_metrics.log_loss(labels, clipped(probabilities), labels=classes),
        "calibration_error": expected_calibration_error(labels, probabilities),
    }
    return {name: round(float(value), DIGITS) for name, value in scores.items()}


def clipped(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n, k) the probabilities as log loss takes them: none below float32's resolution."""
    raised = np.clip(np.asarray(probabilities, np.float64), np.finfo(np.float32).eps, 1)
    summing_to_one: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return summing_to_one


def label_keys(label_names: Sequence[str]) -> list[str]:
    """Label names as keys of a metrics file: letters, digits and `_` of any script, each key once.

    DVC separates nested names by dots, so other characters become `_`. A name of which nothing is
    left (an emoji), or that clashes with another one, gets the number of its class.
    """
    keys = [re.sub(r"\W+", "_", name).strip("_") for name in label_names]
    numbered = [f"{key or 'class'}_{number}" for number, key in enumerate(keys)]
    taken = Counter(keys)
    safe = [
        key if key and taken[key] == 1 else numbered_key
        for key, numbered_key in zip(keys, numbered, strict=True)
    ]
    return safe if len(set(safe)) == len(safe) else numbered
