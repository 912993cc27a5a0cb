"""Whether a training went wrong, from what validation said of it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def doubts(
    epochs: Sequence[Mapping[str, float]], kept: int, labels: NDArray[np.integer]
) -> list[str]:
    """Sentences about what makes a training doubtful; none if it is as it should be.

    epochs: the metrics of validation by epoch, of the untrained model first; kept: the epoch whose
    model is kept; labels: (n,) of validation.
    """
    untrained, *trained = epochs
    if not trained:
        return []
    found = []
    before, after = untrained["loss"], trained[-1]["loss"]
    if after > before:
        found.append(
            f"loss on validation ended at {after:.3g}, above the untrained model's {before:.3g}"
        )
    accuracy = epochs[kept]["accuracy"]
    largest = np.bincount(labels).max() / len(labels)
    if accuracy <= largest:
        found.append(
            f"accuracy on validation is {accuracy:.3g}, not above the share of the largest class,"
            f" {largest:.3g}"
        )
    return found
