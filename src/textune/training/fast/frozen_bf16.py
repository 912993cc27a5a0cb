"""Weights that are not trained, held in bf16 while training goes on."""

import contextlib
from collections.abc import Iterator

import torch
from torch import nn


@contextlib.contextmanager
def frozen_in_bf16(model: nn.Module, enabled: bool) -> Iterator[None]:
    """Hold the weights that are not trained in bf16 for a while, so that no step converts them.

    For use with bf16 autocast. Afterwards the model has its own weights again.
    """
    frozen = list(dict.fromkeys(_convertible(model)))
    originals = [parameter.data for parameter in frozen] if enabled else []
    for parameter, original in zip(frozen, originals, strict=False):
        parameter.data = original.to(torch.bfloat16)
    try:
        yield
    finally:
        for parameter, original in zip(frozen, originals, strict=False):
            parameter.data = original.to(parameter.device)


def _convertible(model: nn.Module) -> Iterator[nn.Parameter]:
    """Frozen weights in fp32. A norm has all of its weights in one type."""
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if isinstance(module, nn.Linear) or not any(p.requires_grad for p in own):
            yield from (p for p in own if not p.requires_grad and p.dtype == torch.float32)
