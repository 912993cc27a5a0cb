"""A training that went wrong is told as such."""

import numpy as np
import pytest

from textune.metrics.doubts import doubts

# Three of five are of one class.
LABELS = np.array([0, 1, 1, 1, 2])


def epochs(*pairs: tuple[float, float]) -> list[dict[str, float]]:
    return [{"loss": loss, "accuracy": accuracy} for loss, accuracy in pairs]


@pytest.mark.parametrize(
    ("trained", "kept", "expected"),
    [
        ([(0.9, 0.8)], 1, []),
        ([], 0, []),
        (
            [(0.9, 0.8), (37.24, 0.2)],
            1,
            ["loss on validation ended at 37.2, above the untrained model's 1.1"],
        ),
        (
            [(0.9, 0.6)],
            1,
            [
                "accuracy on validation is 0.6, not above the share of the largest class, 0.6",
            ],
        ),
        ([(0.9, 0.6), (1.0, 0.61)], 2, []),
    ],
)
def test_what_makes_a_training_doubtful(
    trained: list[tuple[float, float]], kept: int, expected: list[str]
) -> None:
    assert doubts(epochs((1.1, 0.3), *trained), kept, LABELS) == expected
