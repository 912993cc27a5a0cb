from pathlib import Path
from typing import Any

import pytest

from tests.results.fake_runs import LABELS, random_predictions
from textune.results.metrics import score
from textune.results.runs import load_runs
from textune.results.summary import comparison, cost, quality

SETTINGS: dict[str, Any] = {"confidence": 0.9, "resamples": 500, "seed": 0}


def test_quality_is_the_mean_over_seeds(models: Path) -> None:
    found = quality(load_runs(models, [0, 1]), "test")
    assert list(found) == ["untrained", "baseline", "lora", "full"]
    each = [random_predictions(74_883 + seed, skill=1.5) for seed in (0, 1)]
    scores = [score(one.labels, one.probabilities, LABELS) for one in each]
    for name, value in found["lora"].items():
        assert value == pytest.approx((scores[0][name] + scores[1][name]) / 2, abs=1e-6)


def test_cost_is_the_mean_over_seeds_and_the_highest_peak(models: Path) -> None:
    found = cost(load_runs(models, [0, 1]))
    assert found["lora"] == {
        "trainable_parameters": 74_883,
        "total_parameters": 22_714_371,
        "train_seconds": 125.0,
        "tweets_per_second": 140.0,
        "peak_memory_mib": 900.0,
        "saved_bytes": 299_532,
    }
    assert found["untrained"] == dict.fromkeys(found["lora"], 0) | {"total_parameters": 22_714_371}


def test_every_method_is_compared_with_the_trained_head(models: Path) -> None:
    runs = load_runs(models, [0, 1])
    found = comparison(runs, **SETTINGS)
    assert set(found) == {
        "confidence",
        "baseline_minus_untrained",
        "lora_minus_baseline",
        "full_minus_baseline",
    }
    assert found["confidence"] == 0.9
    scores = quality(runs, "test")
    for metric in ("accuracy", "macro_recall"):
        one: Any = found["lora_minus_baseline"]
        expected = scores["lora"][metric] - scores["baseline"][metric]
        assert one[metric]["difference"] == pytest.approx(expected, abs=2e-6)
        assert one[metric]["low"] < one[metric]["difference"] < one[metric]["high"]


def test_without_the_trained_head_nothing_is_compared(models: Path) -> None:
    (models / "baseline").rename(models.parent / "elsewhere")
    runs = load_runs(models, [0])
    assert list(runs) == ["lora", "full"]
    assert comparison(runs, **SETTINGS) == {"confidence": 0.9}
