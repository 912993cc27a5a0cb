"""quality.json and cost.json: means over seeds, and the highest peak."""

import pytest

from tests.fake_runs import LABELS, TRAINED, random_predictions
from textune.metrics.scores import score
from textune.report.scores import cost, quality
from textune.runs.store import RunSet


def test_quality_is_the_mean_over_seeds(runs: RunSet) -> None:
    scores = quality(runs, "test")
    assert list(scores) == ["untrained", "baseline", "lora", "full"]
    by_seed = []
    for seed in (0, 1):
        made = random_predictions(TRAINED["lora"] + seed, skill=1.5)
        predicted = made.probabilities.argmax(axis=1)
        by_seed.append(score(made.labels, predicted, made.probabilities, LABELS))
    for name, value in scores["lora"].items():
        assert value == pytest.approx((by_seed[0][name] + by_seed[1][name]) / 2, abs=1e-6)


def test_cost_is_the_mean_over_seeds_and_the_highest_peak(runs: RunSet) -> None:
    """100 and 150 s, 140 and 150 examples/s, 800 and 900 MiB."""
    costs = cost(runs)
    assert costs["lora"] == {
        "trainable_parameters": 74_883,
        "total_parameters": 22_714_371,
        "training_flops": 74_883e6,
        "train_seconds": 125.0,
        "examples_per_second": 145.0,
        "peak_memory_mib": 900.0,
        "saved_bytes": 299_532,
    }
    nothing = dict.fromkeys(costs["lora"], 0)
    assert costs["untrained"] == nothing | {"total_parameters": 22_714_371}
