"""ONNX of every architecture and method is the same function, on texts of any size and number."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from textune.errors import FailedError
from textune.modeling.architectures import ARCHITECTURES
from textune.modeling.checkpoint import Checkpoint
from textune.modeling.methods.base import UnsupportedError
from textune.modeling.pretrained import load_classifier
from textune.modeling.tokenizer import load_tokenizer
from textune.params import Params
from textune.prediction.onnx import OnnxModel, write_onnx

MakeParams = Callable[..., Params]
METHODS = ("baseline", "lora", "adapter", "full")
# torch cannot trace its windows.
NEVER = ("longformer",)
EACH = [name for name in ARCHITECTURES if name not in NEVER]


@pytest.mark.slow
@pytest.mark.parametrize("architecture", EACH)
def test_the_file_is_the_same_function(
    tiny_params: MakeParams, tmp_path: Path, architecture: str
) -> None:
    params = tiny_params(architecture, lora={"dropout": 0.0})
    for name in METHODS if architecture == "roberta" else ("lora", "adapter"):
        try:
            checkpoint = _checkpoint(params, name)
        except UnsupportedError:
            continue
        own = copy.deepcopy(checkpoint.model).eval()
        write_onnx(checkpoint, tmp_path / "model.onnx")
        written = OnnxModel(tmp_path / "model.onnx")
        for texts, length in ((1, 1), (1, 7), (3, 5), (4, 32)):
            batch = _batch(texts, length, len(checkpoint.tokenizer))
            with torch.inference_mode():
                expected: Any = own(**batch).logits.numpy()
            np.testing.assert_allclose(written(batch), expected, atol=1e-5, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", NEVER)
def test_what_torch_cannot_write_is_told(
    tiny_params: MakeParams, tmp_path: Path, architecture: str
) -> None:
    checkpoint = _checkpoint(tiny_params(architecture), "full")
    with pytest.raises(FailedError, match=f"a model of type {architecture} as ONNX; choose"):
        write_onnx(checkpoint, tmp_path / "model.onnx")


def _checkpoint(params: Params, name: str) -> Checkpoint:
    method, names = params.encoder_method(name), ["a", "b", "c"]
    classifier = load_classifier(params.model, names, 0)
    model = method.attach(classifier)
    _move(model)
    return Checkpoint(method, classifier, model, load_tokenizer(params.model), names, 32)


def _move(model: torch.nn.Module) -> None:
    """Away from the start, where what was added does nothing."""
    torch.manual_seed(0)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.05 * torch.randn_like(parameter)


def _batch(texts: int, length: int, tokens: int) -> dict[str, torch.Tensor]:
    """The first text is as long as the batch, the others are shorter."""
    torch.manual_seed(1)
    lengths = torch.arange(length, length - texts, -1).clamp(min=1)[:, None]
    return {
        "input_ids": torch.randint(5, tokens, (texts, length)),
        "attention_mask": (torch.arange(length) < lengths).long(),
    }
