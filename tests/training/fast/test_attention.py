"""Attention written out is what autograd makes of its steps, forward and backward."""

import pytest
import torch

from textune.training.fast.attention import AttentionWithDropout, attention_by_autograd

BIASES = {"none": None, "row": (2, 1, 1, 7), "full": (2, 1, 5, 7)}


@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 2e-2)])
def test_same_output_and_gradients(bias: str, dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    # As the models pass them: (batch, tokens, heads, width) seen as (batch, heads, tokens, width).
    query = torch.randn(2, 5, 4, 8).transpose(1, 2)
    key, value = torch.randn(2, 2, 7, 4, 8).transpose(2, 3)
    keep = torch.where(torch.rand(2, 4, 5, 7) < 0.3, 0.0, 1 / 0.7)
    shape = BIASES[bias]
    added = None if shape is None else torch.randn(shape).requires_grad_()
    goal = torch.randn(2, 4, 5, 8)

    def computed(attention: object, dtype: torch.dtype) -> list[torch.Tensor]:
        inputs = [x.to(dtype).requires_grad_() for x in (query, key, value)]
        output = attention(*inputs, added, keep.to(dtype), 8**-0.5)  # type: ignore[operator]
        inputs += [] if added is None else [added]
        gradients = torch.autograd.grad(output, inputs, goal.to(dtype))
        return [output.detach().float(), *(one.float() for one in gradients)]

    expected = computed(attention_by_autograd, torch.float32)
    found = computed(AttentionWithDropout.apply, dtype)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=tolerance, rtol=tolerance)


def test_a_row_of_which_all_is_masked_stays_finite() -> None:
    """As torch's own: the lowest score everywhere is no preference."""
    lowest = torch.finfo(torch.bfloat16).min
    bias = torch.full((1, 1, 3, 3), lowest, dtype=torch.bfloat16)
    inputs = [torch.randn(1, 1, 3, 4, dtype=torch.bfloat16, requires_grad=True) for _ in range(3)]
    keep = torch.ones(1, 1, 3, 3, dtype=torch.bfloat16)
    output = AttentionWithDropout.apply(*inputs, bias, keep, 0.5)
    output.sum().backward()
    assert output.isfinite().all()
    assert all(one.grad is not None and one.grad.isfinite().all() for one in inputs)
