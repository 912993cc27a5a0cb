"""Whether a model is right as often as it says: reliability by confidence, and its summary."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 15


class Reliability(NamedTuple):
    """By bin of confidence, (bins,): examples, their mean confidence, the share that is right.

    A bin without examples has 0 in all three.
    """

    examples: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def reliability(
    labels: NDArray[np.integer], probabilities: NDArray[np.floating], bins: int = BINS
) -> Reliability:
    """Examples by the probability of the predicted class, in bins of equal width from 0 to 1.

    labels: (n,); probabilities: (n, k).
    """
    number, confidence, hits = binned(labels, probabilities, bins)
    examples = np.bincount(number, minlength=bins)
    some = np.maximum(examples, 1)
    return Reliability(
        examples,
        np.bincount(number, confidence, bins) / some,
        np.bincount(number, hits, bins) / some,
    )


def binned(
    labels: NDArray[np.integer], probabilities: NDArray[np.floating], bins: int = BINS
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Of each example its bin, its confidence, and whether the most probable class is right.

    labels: (n,); probabilities: (n, k); all three are (n,).
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    # A bin holds its upper edge, as in Guo et al. (see below).
    number = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    return number, confidence, probabilities.argmax(axis=1) == labels


def expected_calibration_error(
    labels: NDArray[np.integer], probabilities: NDArray[np.floating]
) -> float:
    """Mean distance between confidence and accuracy of a bin, weighted by its examples.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", with their 15 bins.
    """
    found = reliability(labels, probabilities)
    return float(np.average(np.abs(found.accuracy - found.confidence), weights=found.examples))


def fit_temperature(labels: NDArray[np.integer], probabilities: NDArray[np.floating]) -> float:
    """The temperature that makes probabilities fit the labels best, by log loss.

    labels: (n,); probabilities: (n, k). Logits are divided by it, so above 1 a model was too sure
    (Guo et al. 2017). It is searched between 1/20 and 20.
    """
    from scipy.optimize import minimize_scalar

    logits = _logits(probabilities)
    found = minimize_scalar(
        lambda log: _log_loss(labels, logits / np.exp(log)),
        bounds=(-np.log(20), np.log(20)),
        method="bounded",
    )
    return float(np.exp(found.x))


def rescaled(probabilities: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """(n, k) probabilities after their logits were divided by the temperature."""
    from scipy.special import softmax

    changed: NDArray[np.float64] = softmax(_logits(probabilities) / temperature, axis=1)
    return changed


def calibrated_loss(labels: NDArray[np.integer], probabilities: NDArray[np.floating]) -> float:
    """Log loss in nats, after one temperature was fitted to the same labels.

    labels: (n,); probabilities: (n, k). It asks how well a model tells classes apart, not how sure
    it should be: long training makes models too sure long before it makes them worse.
    """
    temperature = fit_temperature(labels, probabilities)
    return _log_loss(labels, _logits(probabilities) / temperature)


def _logits(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.log(np.clip(np.asarray(probabilities, np.float64), 1e-30, 1))


def _log_loss(labels: NDArray[np.integer], logits: NDArray[np.float64]) -> float:
    from scipy.special import logsumexp

    return float(np.mean(logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]))
