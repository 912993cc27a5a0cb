"""The scores as a metric of the library `evaluate`, without network or files."""

from pathlib import Path

import pytest

from tests.fake_runs import LABELS, random_predictions
from textune.metrics.evaluate_metric import Scores
from textune.metrics.scores import score


def test_it_is_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    made = random_predictions(3, skill=1.0)
    expected = score(
        made.labels, made.probabilities.argmax(axis=1), made.probabilities.astype(float), LABELS
    )
    computed = Scores(LABELS).compute(predictions=made.probabilities, references=made.labels)
    assert computed == pytest.approx(expected, abs=1e-6)
    assert list(tmp_path.iterdir()) == []
