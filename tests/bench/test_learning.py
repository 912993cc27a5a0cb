"""Both ways learn, from the same seeds, and the verdict follows the figures."""

from collections.abc import Callable
from pathlib import Path

from tests.training.test_run import prepared
from textune.bench.learning import Pair, pairs, verdict
from textune.params import Params


def test_both_ways_learn(tiny_params: Callable[..., Params], tmp_path: Path) -> None:
    params = tiny_params(train={"epochs": 8}, lora={"learning_rate": 0.02})
    data = prepared(tmp_path, params, {"train": 96, "val": 60, "test": 9})
    found = list(pairs(params, data, seeds=(0, 1)))
    assert [pair.seed for pair in found] == [0, 1]
    for pair in found:
        assert min(pair.fast, pair.plain) > 0.6, "chance is a third"


def test_the_verdict() -> None:
    near = [Pair(0, 0.70, 0.705), Pair(1, 0.71, 0.700)]
    assert "fast 0.7050, plain 0.7025; difference +0.25 points" in verdict(near)
    # Variances 0.00005 and 0.0000125 over 2 runs each.
    assert "standard error 0.56: within 1.12 points" in verdict(near)
    far = [Pair(seed, 0.690 + seed / 1e4, 0.700 - seed / 1e4) for seed in range(3)]
    assert verdict(far).endswith("OUTSIDE 0.50 points")
