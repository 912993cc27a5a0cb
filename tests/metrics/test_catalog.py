"""Every metric has one name, title and direction, and all that is scored is in the catalog."""

import numpy as np
import pytest

from textune.metrics.catalog import CATALOG, COMPARED, OF_EPOCHS
from textune.metrics.scores import score
from textune.runs.record import Cost


@pytest.mark.parametrize(
    ("name", "higher"),
    [
        *((name, True) for name in ("accuracy", "macro_recall", "macro_f1", "weighted_f1")),
        *((name, False) for name in ("loss", "log_loss", "calibration_error")),
        *((name, False) for name in ("trainable_parameters", "train_seconds", "saved_bytes")),
        *((name, False) for name in ("training_flops", "peak_memory_mib")),
        ("examples_per_second", True),
    ],
)
def test_directions(name: str, higher: bool) -> None:
    metric = CATALOG[name]
    assert metric.name == name
    assert metric.is_better(2, than=1) == higher
    assert metric.is_better(1, than=2) == (not higher)
    assert not metric.is_better(1, than=1)


def test_what_is_scored_has_a_title() -> None:
    scores = score(np.array([0, 1]), np.array([0, 1]), np.eye(2), ["a", "b"])
    of_classes = {name for name in scores if name.startswith(("recall_", "precision_"))}
    assert scores.keys() - of_classes <= CATALOG.keys()
    assert {*COMPARED, *OF_EPOCHS} <= CATALOG.keys()
    assert Cost.model_fields.keys() - CATALOG.keys() == {"total_parameters"}
    titles = [metric.title for metric in CATALOG.values()]
    assert len(set(titles)) == len(titles)
