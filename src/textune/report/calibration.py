"""How sure models should be: calibration before and after a temperature, and what it costs to leave
unsure texts undecided."""

from typing import Any

import numpy as np

from textune.metrics.calibration import expected_calibration_error, fit_temperature, rescaled
from textune.metrics.catalog import DIGITS
from textune.runs.store import Run, RunSet

_THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def calibration_report(runs: RunSet) -> dict[str, list[dict[str, Any]]]:
    """Records by method, means over seeds.

    `calibration`: the temperature that fits validation, and calibration error and log loss on test
    without and with it. `abstaining`, on validation with it: the share of texts that is decided if
    those whose class is less probable than `below` are not, and the accuracy of the decided, None
    if there are none. DVC's tables pass over lists.
    """
    return {
        "calibration": [_calibration(name, runs[name]) for name in runs.methods],
        "abstaining": [
            _abstaining(name, runs[name], threshold)
            for name in runs.methods
            for threshold in _THRESHOLDS
        ],
    }


def temperature_of(run: Run) -> float:
    """What fits validation; runs of an older version did not write it."""
    if run.record.temperature is not None:
        return run.record.temperature
    validation = run.predictions["validation"]
    return fit_temperature(validation.labels, validation.probabilities)


def _calibration(name: str, of_method: list[Run]) -> dict[str, Any]:
    rows = []
    for run in of_method:
        labels, raw = run.predictions["test"].labels, run.predictions["test"].probabilities
        temperature = temperature_of(run)
        calibrated = rescaled(raw, temperature)
        errors = [expected_calibration_error(labels, each) for each in (raw, calibrated)]
        losses = [
            -float(np.mean(np.log(np.maximum(each[np.arange(len(labels)), labels], 1e-30))))
            for each in (raw, calibrated)
        ]
        rows.append([temperature, *errors, *losses])
    keys = ("temperature", "error", "error_calibrated", "log_loss", "log_loss_calibrated")
    means = np.mean(rows, axis=0)
    values = {key: round(float(mean), DIGITS) for key, mean in zip(keys, means, strict=True)}
    return {"method": name, **values}


def _abstaining(name: str, of_method: list[Run], below: float) -> dict[str, Any]:
    decided, right = [], []
    for run in of_method:
        validation = run.predictions["validation"]
        probabilities = rescaled(validation.probabilities, temperature_of(run))
        predicted = run.task.decide(probabilities, run.weights)
        sure = probabilities[np.arange(len(predicted)), predicted] >= below
        decided.append(float(sure.mean()))
        right += (predicted == validation.labels)[sure].tolist()
    accuracy = round(float(np.mean(right)), DIGITS) if right else None
    coverage = round(float(np.mean(decided)), DIGITS)
    return {"method": name, "below": below, "coverage": coverage, "accuracy": accuracy}
