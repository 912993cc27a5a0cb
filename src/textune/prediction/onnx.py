"""A fine-tuned encoder as an ONNX file, which ONNX Runtime runs without torch."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from textune.config.sections import FastParams
from textune.errors import FailedError, UserError
from textune.modeling.checkpoint import Checkpoint
from textune.training.batches import Batch
from textune.training.fast.model import fast_model

OPSET = 18
# A batch under ONNX Runtime has so many tokens, padding included: with more it gets slower.
TOKENS_AT_A_TIME = 1024
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")
# Pieces of the fast path for training are of no use here.
_FAST = FastParams(
    first_token=True, dropout=False, attention=False, frozen_bf16=False, cached_features=False
)


def has_onnx() -> bool:
    """Whether the packages of the extra `onnx` are there."""
    return all(find_spec(package) for package in _PACKAGES)


def require_onnx() -> None:
    """Raise `UserError` unless the packages of the extra `onnx` are there."""
    if not has_onnx():
        raise UserError(
            f"--format onnx needs the packages {', '.join(_PACKAGES)}; install textune's extra"
            " onnx: pip install 'textune[onnx]'"
        )


def write_onnx(checkpoint: Checkpoint, path: Path) -> None:
    """Write the model in fp32, in place: what can be merged into the encoder is merged.

    In: `input_ids` and `attention_mask`, (texts, length) of int64, both of any size. Out: `logits`,
    (texts, classes) of float32. Raises `FailedError` if torch cannot write it.
    """
    model = checkpoint.merged().requires_grad_(False).eval().float()
    ids = torch.zeros(2, 9, dtype=torch.long)
    sizes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    try:
        with _silence(), fast_model(checkpoint.classifier, model, _FAST, "cpu", "fp32"):
            torch.onnx.export(
                _Traced(model),
                (ids, torch.ones_like(ids)),
                path,
                # The older exporter writes other logits without a word.
                dynamo=True,
                opset_version=OPSET,
                input_names=["input_ids", "attention_mask"],
                output_names=["logits"],
                dynamic_shapes=(sizes, sizes),
                external_data=False,
            )
    except (OSError, MemoryError):
        raise
    # Of a model that it does not understand torch raises what its code happens to stumble over.
    except Exception as error:
        kind = checkpoint.classifier.model.config.model_type
        raise FailedError(
            f"torch cannot write a model of type {kind} as ONNX; choose another --format"
        ) from error


def quantize_onnx(path: Path) -> None:
    """Weights in 8 bits, in place: a scale for each column, and inputs are rounded as they come.

    That is ONNX Runtime's dynamic quantization.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _silence():
        quantize_dynamic(path, path, per_channel=True, weight_type=QuantType.QInt8)


class OnnxModel:
    """The logits of a file under ONNX Runtime, on the CPU."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        self._session: Any = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def __call__(self, batch: Batch) -> NDArray[np.float32]:
        """(texts, classes) of a batch."""
        inputs = {name: tensor.numpy() for name, tensor in batch.items()}
        (found,) = self._session.run(None, inputs)
        return np.asarray(found, np.float32)


class _Traced(nn.Module):
    """Two tensors in, one out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self._model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        found = self._model(input_ids=input_ids, attention_mask=attention_mask)
        logits: torch.Tensor = found.logits
        return logits


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Without the steps and hints that the exporters print and log."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
