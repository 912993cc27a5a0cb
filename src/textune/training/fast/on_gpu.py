"""What keeps a GPU busy: the host neither waits for it nor launches each small kernel by itself."""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from textune.modeling.pretrained import Classifier
from textune.training.hardware import Device

# Texts are padded to a multiple of it: few shapes to compile, and none that kernels would pad.
MULTIPLE = 8


class WithoutWaiting(TorchFunctionMode):
    """While active, no mask is asked whether all of it is 1: the answer is no.

    transformers asks at every step, to leave such a mask out, and the host would wait until the GPU
    has done all before it. With the mask nothing else is computed.
    """

    def __init__(self, device: Device = "cuda") -> None:
        super().__init__()
        self._device = device

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        asks = func in (torch.all, torch.Tensor.all) and len(args) == 1 and not kwargs
        if asks and args[0].device.type == self._device:
            return False
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def compiled_blocks(classifier: Classifier, enabled: bool) -> Iterator[None]:
    """For a while, the transformer blocks run as torch.compile makes them: in a few kernels each.

    One compilation serves all blocks that are alike, for one shape of batches. What a method has
    put into the blocks is compiled with them.
    """
    if not enabled:
        yield
        return
    path = classifier.architecture.blocks
    blocks: list[nn.Module] = list(classifier.model.base_model.get_submodule(path).children())
    # Every length is a shape of its own, in training and in validation.
    with torch._dynamo.config.patch(recompile_limit=1024, accumulated_recompile_limit=8192):
        for block in blocks:
            block.compile(dynamic=False)
        try:
            yield
        finally:
            for block in blocks:
                block._compiled_call_impl = None
