"""All pieces of the fast path that change how a model computes, together."""

import contextlib
from collections.abc import Iterator

from torch import nn

from textune.config.sections import FastParams
from textune.modeling.pretrained import Classifier
from textune.training.fast.first_token import first_token_only
from textune.training.fast.frozen_bf16 import frozen_in_bf16
from textune.training.fast.mpnet import one_call_attention
from textune.training.fast.on_gpu import compiled_blocks
from textune.training.hardware import Device, Precision


@contextlib.contextmanager
def fast_model(
    classifier: Classifier,
    model: nn.Module,
    fast: FastParams,
    device: Device,
    precision: Precision,
) -> Iterator[None]:
    """For a while, `model`, which a method made of `classifier`, computes the same in less time."""
    in_bf16 = fast.frozen_bf16 and precision == "bf16"
    with (
        frozen_in_bf16(model, enabled=in_bf16),
        first_token_only(classifier, enabled=fast.first_token),
        one_call_attention(classifier, enabled=fast.attention),
        # Last, as it compiles what the others have made of the blocks.
        compiled_blocks(classifier, enabled=fast.compiled and device == "cuda"),
    ):
        yield
