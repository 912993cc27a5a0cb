"""The roofline is the machine's fastest products over the operations of an example."""

from collections.abc import Callable

import pytest
import torch

from benchmarks import roofline
from benchmarks.roofline import Roofline
from textune.params import Params
from textune.training.flops import flops_per_token

MakeParams = Callable[..., Params]


def test_the_limit_is_the_best_speed_over_the_operations(
    tiny_params: MakeParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = iter([1e9, 4e9, 3e9, 2e9])
    monkeypatch.setattr(roofline, "product_speed", lambda *args: next(speeds))
    params = tiny_params()
    limit = Roofline("lora", params, classes=3, mean_tokens=12.4)
    epochs = params.train.epochs
    per_token = flops_per_token(params.encoder_method("lora"), params.model, 3, 12, epochs)
    assert limit.examples_per_second() == pytest.approx(4e9 / (12.4 * per_token))


def test_products_are_counted_as_two_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roofline, "_seconds", lambda work: 0.5)
    shapes = [(8, 16), (16, 4)]
    speed = roofline.product_speed(10, shapes, torch.float32, "cpu")
    assert speed == 2 * 10 * (8 * 16 + 16 * 4) / 0.5
