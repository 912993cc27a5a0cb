"""ONNX as forms of an exported model: in fp32, and in 8 bits."""

from pathlib import Path

from textune.export.forms import Form
from textune.modeling.checkpoint import Checkpoint
from textune.prediction.encoder import Logits
from textune.prediction.onnx import OPSET, OnnxModel, quantize_onnx, require_onnx, write_onnx

_FILE = "model.onnx"


class OnnxForm(Form):
    """A graph with its weights in one file, for every method that has an encoder.

    The file `config.json` beside it has the names of the classes.
    """

    name = "onnx"
    packages = ("onnxruntime", "tokenizers", "numpy")
    note = (
        f"`{_FILE}` has opset {OPSET}. `input_ids` and `attention_mask` are (texts, length) of"
        " int64, both of any size; `logits` are (texts, classes) of float32."
    )
    tolerance = 1e-4
    using = """\
inputs = tokenizer.encode_batch(texts)
ids = np.array([one.ids for one in inputs])
mask = np.array([one.attention_mask for one in inputs])
(logits,) = model.run(None, {{"input_ids": ids, "attention_mask": mask}})
exponents = np.exp((logits - logits.max(axis=1, keepdims=True)) / {temperature})
probabilities = exponents / exponents.sum(axis=1, keepdims=True)
print([names[str(number)] for number in probabilities.argmax(axis=1)])
"""

    def write(self, checkpoint: Checkpoint, folder: Path) -> None:
        require_onnx()
        checkpoint.classifier.model.config.save_pretrained(folder)
        write_onnx(checkpoint, folder / _FILE)

    def load(self, folder: Path) -> Logits:
        return OnnxModel(folder / _FILE)

    def code(self, checkpoint: Checkpoint) -> str:
        tokenizer = checkpoint.tokenizer
        padding = f"pad_id={tokenizer.pad_token_id}, pad_token={str(tokenizer.pad_token)!r}"
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
        f"{OnnxForm.note} Weights and matrix products are in 8 bits, so a probability depends a"
        " little on the texts beside it in a batch."
    )

    def quantize(self, folder: Path) -> None:
        """Turn what `write` wrote to `folder` into 8 bits."""
        quantize_onnx(folder / _FILE)
