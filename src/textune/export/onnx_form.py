"""ONNX: a file that ONNX Runtime runs without torch, of every method that has an encoder."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from textune.errors import FailedError, UserError
from textune.export.forms import Form
from textune.modeling.checkpoint import Checkpoint
from textune.modeling.methods.base import EncoderMethod, UnsupportedError
from textune.prediction.encoder import Logits
from textune.training.batches import Batch

_FILE = "model.onnx"
_OPSET = 18
_USING = """\
inputs = tokenizer.encode_batch(texts)
ids = np.array([one.ids for one in inputs])
mask = np.array([one.attention_mask for one in inputs])
(logits,) = model.run(None, {{"input_ids": ids, "attention_mask": mask}})
exponents = np.exp((logits - logits.max(axis=1, keepdims=True)) / {temperature})
probabilities = exponents / exponents.sum(axis=1, keepdims=True)
print([names[str(number)] for number in probabilities.argmax(axis=1)])
"""


class OnnxForm(Form):
    """A graph with its weights in one file. What was added is merged where it can be.

    The file `config.json` beside it has the names of the classes.
    """

    name = "onnx"
    packages = ("onnxruntime", "tokenizers")
    note = (
        f"`{_FILE}` has opset {_OPSET}. `input_ids` and `attention_mask` are (texts, length) of"
        " int64, both of any size; `logits` are (texts, classes) of float32."
    )
    tolerance = 1e-4
    using = _USING

    def write(self, checkpoint: Checkpoint, method: EncoderMethod, folder: Path) -> None:
        require_onnx()
        checkpoint.classifier.model.config.save_pretrained(folder)
        try:
            model: nn.Module = method.merged(checkpoint.model, checkpoint.classifier)
        except UnsupportedError:
            model = checkpoint.model
        write_onnx(model, folder / _FILE)

    def load(self, folder: Path) -> Logits:
        return onnx_logits(folder / _FILE)

    def code(self, checkpoint: Checkpoint) -> str:
        tokenizer = checkpoint.tokenizer
        padding = f"pad_id={tokenizer.pad_token_id}, pad_token={tokenizer.pad_token!r}"
        if tokenizer.padding_side != "right":
            padding += f", direction={tokenizer.padding_side!r}"
        return (
            "import json\n\nimport numpy as np\nimport onnxruntime\n"
            "from tokenizers import Tokenizer\n\n"
            'tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")\n'
            f"tokenizer.enable_truncation({checkpoint.max_length})\n"
            f"tokenizer.enable_padding({padding})\n"
            f'model = onnxruntime.InferenceSession(f"{{folder}}/{_FILE}")\n'
            'names = json.load(open(f"{folder}/config.json", encoding="utf-8"))["id2label"]\n'
        )


class Int8OnnxForm(OnnxForm):
    """The same with matrix products in 8 bits: smaller, faster, and not quite the same model."""

    note = (
        f"{OnnxForm.note} Weights and matrix products are in 8 bits. So a probability depends a"
        " little on the texts beside it in a batch."
    )

    def quantize(self, folder: Path) -> None:
        """Turn what `write` wrote to `folder` into 8 bits."""
        quantize_onnx(folder / _FILE)


def require_onnx() -> None:
    """Raise `UserError` unless the packages of the extra `onnx` are there."""
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"--format onnx needs the package {error.name}; install textune's extra onnx:"
            " pip install 'textune[onnx]'"
        ) from None


def write_onnx(model: nn.Module, path: Path) -> None:
    """Write a model of transformers. Raises `FailedError` if torch cannot."""
    texts, length = torch.export.Dim.DYNAMIC, torch.export.Dim.DYNAMIC
    ids = torch.zeros(2, 9, dtype=torch.long)
    try:
        with _silence(), torch.inference_mode():
            torch.onnx.export(
                _Traced(model.eval().float()),
                (ids, torch.ones_like(ids)),
                path,
                dynamo=True,
                opset_version=_OPSET,
                input_names=["input_ids", "attention_mask"],
                output_names=["logits"],
                dynamic_shapes=({0: texts, 1: length}, {0: texts, 1: length}),
                external_data=False,
            )
    # Of a model that it does not understand torch raises what its code happens to stumble over.
    except Exception as error:
        kind = type(getattr(model, "base_model", model)).__name__
        reason = " ".join(str(error).split())
        raise FailedError(
            f"torch cannot write a {kind} as ONNX ({reason:.200}); choose another --format"
        ) from None


def quantize_onnx(path: Path) -> None:
    """Weights of the file in 8 bits, a scale a column; inputs of products are rounded as they come.

    That is ONNX Runtime's dynamic quantization, in place.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _silence():
        quantize_dynamic(path, path, per_channel=True, weight_type=QuantType.QInt8)


def onnx_logits(path: Path) -> Logits:
    """The file under ONNX Runtime, on the CPU."""
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def logits(batch: Batch) -> NDArray[np.float32]:
        (found,) = session.run(None, {name: tensor.numpy() for name, tensor in batch.items()})
        return np.asarray(found, np.float32)

    return logits


class _Traced(nn.Module):
    """Two tensors in, one out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self._model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._model(
            input_ids=input_ids, attention_mask=attention_mask
        ).logits
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
