"""The speed of this machine's matrix products: what no way of training can pass."""

import time
from collections.abc import Callable

import torch

from textune.modeling.pretrained import empty_classifier
from textune.params import Params
from textune.training.flops import encoder_shapes, flops_per_token
from textune.training.hardware import Device, choose_device

_SQUARE = 2048
_SECONDS = 0.15  # for a measurement, at least


class Roofline:
    """Only multiplies matrices, and works out from that what training would take.

    In each precision it takes the higher speed of products of the model's own shapes, a batch's
    tokens by each linear layer of the encoder, and of large squares; then the better precision.
    The operations that a token needs are those of `flops_per_token` at the mean length. They are
    the whole model's: what textune leaves out in the last block is counted, too.
    """

    def __init__(self, method: str, params: Params, classes: int, mean_tokens: float) -> None:
        self._device: Device = choose_device(params.train)
        self._tokens = round(mean_tokens * params.train.batch_size)
        self._shapes = encoder_shapes(empty_classifier(params.model))
        per_token = flops_per_token(
            params.encoder_method(method),
            params.model,
            classes,
            max(1, round(mean_tokens)),
            params.train.epochs,
        )
        self.flops_per_example = mean_tokens * per_token

    def warm_up(self) -> None:
        """Measure once, without a result."""
        self.flops_per_second()

    def examples_per_second(self) -> float:
        """Examples in a second, if training were nothing but matrix products."""
        return self.flops_per_second() / self.flops_per_example

    def flops_per_second(self) -> float:
        """Of the fastest products on this machine."""
        squares = [(_SQUARE, _SQUARE)]
        return max(
            speed
            for dtype in (torch.bfloat16, torch.float32)
            for speed in (
                product_speed(self._tokens, self._shapes, dtype, self._device),
                product_speed(_SQUARE, squares, dtype, self._device),
            )
        )


@torch.inference_mode()
def product_speed(
    rows: int, shapes: list[tuple[int, int]], dtype: torch.dtype, device: Device
) -> float:
    """Operations a second over products of (rows, n) with (n, m), for each (n, m) of `shapes`."""
    operands = [
        (torch.randn(rows, n).to(device, dtype), torch.randn(m, n).to(device, dtype))
        for n, m in shapes
    ]

    def multiply() -> None:
        for x, weight in operands:
            torch.nn.functional.linear(x, weight)
        if device == "cuda":
            torch.cuda.synchronize()

    return sum(2 * rows * n * m for n, m in shapes) / _seconds(multiply)


def _seconds(work: Callable[[], None]) -> float:
    """The shortest that `work` took: what else runs on the machine only makes it longer."""
    work()
    shortest, end = float("inf"), time.perf_counter() + _SECONDS
    while True:
        start = time.perf_counter()
        work()
        now = time.perf_counter()
        shortest = min(shortest, now - start)
        if now > end:
            return shortest
