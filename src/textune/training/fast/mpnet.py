"""MPNet's attention through torch's function for attention, which transformers' code spells out.

So evaluation has torch's fused kernel, and training on the CPU `AttentionWithDropout`.
"""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch.nn import functional
from transformers.models.mpnet.modeling_mpnet import MPNetSelfAttention

from textune.modeling.pretrained import Classifier


@contextlib.contextmanager
def one_call_attention(classifier: Classifier, enabled: bool) -> Iterator[None]:
    """For a while, MPNet's attention is one call; other models stay as they are."""
    modules = classifier.model.modules() if enabled else ()
    attentions: list[Any] = [m for m in modules if isinstance(m, MPNetSelfAttention)]
    for attention in attentions:
        attention.forward = partial(_forward, attention)
    try:
        yield
    finally:
        for attention in attentions:
            del attention.forward


def _forward(
    attention: Any,
    hidden_states: torch.Tensor,
    attention_mask: torch.Tensor,
    head_mask: None = None,
    position_bias: torch.Tensor | None = None,
    **_: Any,
) -> tuple[torch.Tensor]:
    """What MPNetSelfAttention.forward gives, but for the attention's weights."""

    def heads(projected: torch.Tensor) -> torch.Tensor:
        # torch.compile knows no `unflatten`.
        shape = *projected.shape[:-1], attention.num_attention_heads, -1
        return projected.view(shape).transpose(1, 2)

    query = heads(attention.q(hidden_states))
    bias = attention_mask if position_bias is None else attention_mask + position_bias
    attended = functional.scaled_dot_product_attention(
        query,
        heads(attention.k(hidden_states)),
        heads(attention.v(hidden_states)),
        attn_mask=bias.to(query.dtype),
        dropout_p=attention.dropout.p if attention.training else 0.0,
    )
    return (attention.o(attended.transpose(1, 2).flatten(2)),)
