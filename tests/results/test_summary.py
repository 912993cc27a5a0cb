from pathlib import Path

import pytest

from tests.results.fake_runs import LABELS, random_predictions
from textune.results.metrics import score
from textune.results.runs import load_runs
from textune.results.summary import cost, quality


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
        "training_flops": 74_883e6,
        "train_seconds": 125.0,
        "tweets_per_second": 140.0,
        "peak_memory_mib": 900.0,
        "saved_bytes": 299_532,
    }
    assert found["untrained"] == dict.fromkeys(found["lora"], 0) | {"total_parameters": 22_714_371}
