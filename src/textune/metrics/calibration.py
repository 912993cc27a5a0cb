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
    confidence = probabilities.max(axis=1).astype(np.float64)
    hits = probabilities.argmax(axis=1) == labels
    # A bin holds its upper edge, as in Guo et al. (see below).
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    examples = np.bincount(number, minlength=bins)
    some = np.maximum(examples, 1)
    return Reliability(
        examples,
        np.bincount(number, confidence, bins) / some,
        np.bincount(number, hits, bins) / some,
    )


def expected_calibration_error(
    labels: NDArray[np.integer], probabilities: NDArray[np.floating]
) -> float:
    """Mean distance between confidence and accuracy of a bin, weighted by its examples.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", with their 15 bins.
    """
    found = reliability(labels, probabilities)
    return float(np.average(np.abs(found.accuracy - found.confidence), weights=found.examples))
