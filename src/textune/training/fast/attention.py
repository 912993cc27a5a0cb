"""Attention with dropout on the CPU, forward and backward written out.

Dropout rules out torch's fused kernel, and what autograd makes of the single steps copies every
head's queries, keys and values into another order once more, forward and backward. Its softmax in
bf16 takes four times as long as one in fp32 with both casts.
"""

from typing import Any

import torch
from torch.autograd.function import once_differentiable


class AttentionWithDropout(torch.autograd.Function):
    """softmax(query · keyᵀ · scale + bias), some weights dropped, times value.

    query (b, h, n, d); key (b, h, m, d); value (b, h, m, v); bias, added to the scores, broadcasts
    to (b, h, n, m) or is None; keep (b, h, n, m) is 0 for a dropped weight, else 1 / (1 - p). Gives
    (b, h, n, v). The softmax is in fp32 whatever the type of the rest.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        bias: torch.Tensor | None,
        keep: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        heads = query.shape[:2]
        query, key, value = (x.flatten(0, 1) for x in (query, key, value))
        scores = torch.bmm(query, key.mT).view(keep.shape).float().mul_(scale)
        if bias is not None:
            scores += bias
        keep = keep.flatten(0, 1)
        weights = scores.softmax(-1).view(keep.shape)
        kept = weights.to(value.dtype) * keep
        ctx.save_for_backward(query, key, value, weights, keep, kept)
        ctx.scale = scale
        ctx.bias = None if bias is None else (bias.shape, bias.dtype)
        return torch.bmm(kept, value).unflatten(0, heads)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        query, key, value, weights, keep, kept = ctx.saved_tensors
        heads = grad.shape[:2]
        grad = grad.flatten(0, 1)
        grad_weights = torch.bmm(grad, value.mT).mul_(keep).float()
        # The derivative of softmax: weights · (gradient - mean of the gradient under the weights).
        grad_scores = torch._softmax_backward_data(grad_weights, weights, -1, torch.float32)
        grad_bias = None
        if ctx.needs_input_grad[3]:
            shape, dtype = ctx.bias
            grad_bias = grad_scores.unflatten(0, heads).sum_to_size(shape).to(dtype)
        grad_scores = grad_scores.mul_(ctx.scale).to(query.dtype)
        grads = (
            torch.bmm(grad_scores, key),
            torch.bmm(grad_scores.mT, query),
            torch.bmm(kept.mT, grad),
        )
        return (*(grad.unflatten(0, heads) for grad in grads), grad_bias, None, None)


def attention_by_autograd(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bias: torch.Tensor | None,
    keep: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """What `AttentionWithDropout` computes, step by step, softmax in the type of the rest."""
    scores = (query * scale) @ key.mT
    weights = (scores if bias is None else scores + bias.to(scores.dtype)).softmax(-1)
    return (weights * keep) @ value
