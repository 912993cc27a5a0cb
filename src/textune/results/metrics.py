"""Scores of one set of predictions, as a flat map of plain numbers."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from textune.errors import UserError
from textune.results.calibration import expected_calibration_error
from textune.results.predictions import decide

DIGITS = 6  # a fixed rounding keeps a change that is no change out of the diff of metrics/


def score(
    labels: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    label_names: Sequence[str],
    weights: NDArray[np.float64] | None = None,
) -> dict[str, float]:
    """Accuracy, macro recall, macro and weighted F1, log loss, calibration error (see
    `calibration`), recall and precision by class.

    labels: (n,) true classes; probabilities: (n, k); label_names: k names; weights: (k,), see
    `predictions.decide`; they do not concern log loss and calibration.
    Classes are keyed `recall_<label>` and `precision_<label>` (see `label_keys`). A class without
    an example has recall 0, one that is never predicted precision 0, and both count in the means.
    Raises ValueError if the shapes do not fit and UserError if a probability is not finite.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if probabilities.shape != (len(labels), len(label_names)):
        raise ValueError(
            f"probabilities have shape {probabilities.shape}, but there are {len(labels)} labels "
            f"and {len(label_names)} label names"
        )
    if not np.isfinite(probabilities).all():
        raise UserError("the model predicts NaN, so training diverged: lower the learning rate")
    # evaluate takes seconds to import; whoever only needs this module's names should not wait.
    from textune.results import local_metrics as local

    classes = len(label_names)
    predicted = decide(probabilities, weights)
    scores: dict[str, float] = {}
    for metric in (local.Accuracy(), local.F1(), local.Recall(), local.Precision()):
        found = metric.compute(predictions=predicted, references=labels, classes=classes)
        scores |= _flat(found, label_keys(label_names))
    log_loss = local.LogLoss().compute(predictions=probabilities, references=labels)
    error = expected_calibration_error(labels, probabilities)
    return scores | _flat(log_loss, []) | {"calibration_error": round(error, DIGITS)}


def label_keys(label_names: Sequence[str]) -> list[str]:
    """Label names as keys of a metrics file: letters, digits and `_` of any script, each key once.

    DVC separates nested names by dots, so other characters become `_`. A name of which nothing is
    left (an emoji), or that clashes with another one, gets the number of its class.
    """
    keys = [re.sub(r"\W+", "_", name).strip("_") for name in label_names]
    numbered = [f"{key or 'class'}_{number}" for number, key in enumerate(keys)]
    taken = Counter(keys)
    safe = [
        key if key and taken[key] == 1 else other for key, other in zip(keys, numbered, strict=True)
    ]
    return safe if len(set(safe)) == len(safe) else numbered


def _flat(found: dict[str, float | list[float]], keys: Sequence[str]) -> dict[str, float]:
    """One number an entry: a list holds one number a class and becomes `<name>_<key>`."""
    flat: dict[str, float] = {}
    for name, value in found.items():
        if isinstance(value, list):
            flat |= {f"{name}_{key}": one for key, one in zip(keys, value, strict=True)}
        else:
            flat[name] = value
    return {name: round(float(value), DIGITS) for name, value in flat.items()}
