"""Dropout on the CPU at a tenth of the cost of torch's.

`aten::bernoulli_` draws one number at a time on one core and takes a quarter of a training step.
Here numpy fills 64-bit words from SFC64 and four elements share a word.
"""

import math
from typing import Any

import numpy as np
import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from textune.training.fast.attention import AttentionWithDropout, attention_by_autograd
from textune.training.processes import Part
from textune.training.randomness import jsonable

_LEVELS = 2**16


class FastDropout(TorchFunctionMode):
    """While active, `functional.dropout` and attention use cheaper random masks on the CPU.

    An element is dropped with probability p, exactly and independently of the others but for the
    rounding of p to 1/65536, which is drawn anew for each mask so that it has no bias. The same
    seed gives the same masks. Tensors on other devices, and p = 0, go to torch as they are.
    `written_out` says whether attention is `AttentionWithDropout`, or its steps left to autograd.

    `part` is set where several processes share a batch: each draws the masks of the whole batch and
    uses its own rows of them, so that the masks are those of one process.
    """

    def __init__(self, seed: int, written_out: bool = True) -> None:
        super().__init__()
        self.part: Part | None = None
        self._written_out = written_out
        self._random = np.random.Generator(np.random.SFC64(seed))

    def random_state(self) -> dict[str, Any]:
        """What the next masks depend on, as JSON."""
        state: dict[str, Any] = jsonable(self._random.bit_generator.state)
        return state

    def set_random_state(self, state: dict[str, Any]) -> None:
        """Go on from what `random_state` gave."""
        self._random.bit_generator.state = state

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is functional.dropout and args[0].device.type == "cpu":
            return self._dropout(*args, **kwargs)
        if func is functional.scaled_dot_product_attention and _is_ours(*args, **kwargs):
            return self._attention(*args, **kwargs)
        return func(*args, **kwargs)

    def _dropout(
        self, x: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> torch.Tensor:
        if not training or p == 0:
            return x
        return x * self._mask(x, p)

    def _attention(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attn_mask: torch.Tensor | None = None,
        dropout_p: float = 0.0,
        scale: float | None = None,
        **kwargs: Any,
    ) -> torch.Tensor:
        scale = query.shape[-1] ** -0.5 if scale is None else scale
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            lowest = torch.finfo(query.dtype).min
            attn_mask = torch.zeros_like(attn_mask, dtype=query.dtype).masked_fill_(
                ~attn_mask, lowest
            )
        keep = self._mask(query.new_empty(*query.shape[:-1], key.shape[-2]), dropout_p)
        attention = AttentionWithDropout.apply if self._written_out else attention_by_autograd
        attended: torch.Tensor = attention(query, key, value, attn_mask, keep, scale)
        return attended

    def _mask(self, like: torch.Tensor, p: float) -> torch.Tensor:
        """0 with probability p, else 1 / (1 - p), in the shape and type of `like`."""
        threshold = math.floor(p * _LEVELS + self._random.random())
        start, elements = 0, like.numel()
        if self.part is not None and len(like) == self.part.stop - self.part.start:
            row = like.numel() // len(like)
            start, elements = self.part.start * row, self.part.of * row
        words = self._random.integers(2**64, size=-(-elements // 4), dtype=np.uint64)
        levels = torch.from_numpy(words.view(np.int16)[start : start + like.numel()])
        mask = torch.empty(like.numel(), dtype=like.dtype)
        # int16 runs from -32768 to 32767, so `threshold` of its 65,536 values lie below this.
        torch.ge(levels, threshold - _LEVELS // 2, out=mask)
        return mask.mul_(1 / (1 - p)).view(like.shape)


def _is_ours(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    enable_gqa: bool = False,
    **kwargs: Any,
) -> bool:
    """Whether `AttentionWithDropout` computes it: on the CPU, with dropout, in the usual form."""
    unusual = is_causal or enable_gqa or query.dim() != 4
    return query.device.type == "cpu" and dropout_p > 0 and not unusual
