"""Cheap dropout has the distribution of torch's, the same gradients, and a seed."""

import pytest
import torch
from torch.nn import functional

from textune.training.fast.dropout import FastDropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.003])
def test_rate_and_scale(p: float, dtype: torch.dtype) -> None:
    x = torch.ones(1_000_003, dtype=dtype)
    with FastDropout(0):
        y = functional.dropout(x, p)
    dropped = (y == 0).double().mean().item()
    # Five standard errors of a binomial share.
    assert abs(dropped - p) < 5 * (p * (1 - p) / x.numel()) ** 0.5
    assert y.unique().tolist() == [0, torch.tensor(1 / (1 - p), dtype=dtype).item()]


def test_neighbours_are_independent() -> None:
    with FastDropout(0):
        zero = (functional.dropout(torch.ones(1_000_000), 0.1) == 0).double()
    for distance in range(1, 9):
        both = (zero[:-distance] * zero[distance:]).mean().item()
        assert abs(both - 0.01) < 5 * (0.01 * 0.99 / 1_000_000) ** 0.5


def test_gradient_is_the_mask() -> None:
    x = torch.ones(1000, requires_grad=True)
    with FastDropout(0):
        y = functional.dropout(x, 0.3)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


def test_seed_decides() -> None:
    def draw(seed: int) -> torch.Tensor:
        with FastDropout(seed):
            return functional.dropout(torch.ones(4096), 0.1)

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
    with FastDropout(1):
        first, second = (functional.dropout(torch.ones(4096), 0.1) for _ in range(2))
    assert not torch.equal(first, second)


def test_nothing_is_dropped_in_eval_mode() -> None:
    with FastDropout(0):
        assert torch.equal(torch.nn.Dropout(0.5).eval()(torch.ones(100)), torch.ones(100))
        assert torch.equal(functional.dropout(torch.ones(100), 0.0), torch.ones(100))


@pytest.mark.parametrize("mask", ["none", "bool", "additive"])
def test_attention_without_dropped_weights_is_torchs(mask: str) -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 7, 8)
    allowed = torch.ones(2, 1, 7, 7, dtype=torch.bool)
    allowed[1, :, :, 5:] = False
    masks = {
        "none": None,
        "bool": allowed,
        "additive": torch.zeros(2, 1, 7, 7).masked_fill(~allowed, torch.finfo(torch.float32).min),
    }
    expected = functional.scaled_dot_product_attention(query, key, value, attn_mask=masks[mask])
    with FastDropout(0):
        found = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=masks[mask], dropout_p=1e-12
        )
    torch.testing.assert_close(found, expected)


def test_attention_drops_weights_at_the_rate() -> None:
    ones = torch.ones(8, 12, 64, 16)
    identity = torch.eye(64).expand(8, 12, 64, 64)
    with FastDropout(0):
        weights = functional.scaled_dot_product_attention(ones, ones, identity, dropout_p=0.1)
    dropped = (weights == 0).double().mean().item()
    assert abs(dropped - 0.1) < 5 * (0.09 / weights.numel()) ** 0.5
    assert weights.max().item() == pytest.approx(1 / 64 / 0.9)
