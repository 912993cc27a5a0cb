"""An encoder in fp32 on the CPU that goes on under ONNX Runtime once there are many texts."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textune.errors import FailedError
from textune.prediction.encoder import EncoderModel, logits_by_length
from textune.prediction.onnx import TOKENS_AT_A_TIME, OnnxModel, has_onnx, write_onnx

# So many texts take about as long as writing ONNX, which then saves nearly half of the time.
_WORTH_IT = 8192
# As of an exported model: ONNX Runtime rounds otherwise than torch.
_TOLERANCE = 1e-4


class SwitchingModel:
    """`encoder` for the first texts; for all, if ONNX cannot be written or is another function."""

    def __init__(self, encoder: EncoderModel) -> None:
        self._encoder = encoder
        self._onnx: OnnxModel | None = None
        self._seen, self._tries = 0, has_onnx()
        self.runtime = encoder.runtime

    def outputs(self, texts: list[str]) -> NDArray[np.floating]:
        """(n, classes) logits."""
        self._seen += len(texts)
        if self._onnx is not None:
            examples = self._encoder.tokenized(texts)
            return logits_by_length(
                self._onnx, examples, self._encoder.pad_token_id, TOKENS_AT_A_TIME
            )
        found = self._encoder.outputs(texts)
        if self._tries and self._seen >= _WORTH_IT:
            self._tries = False
            self._switch(texts[:64], found[:64])
        return found

    def _switch(self, texts: list[str], expected: NDArray[np.floating]) -> None:
        with tempfile.TemporaryDirectory(prefix="textune-onnx-") as folder:
            path = Path(folder) / "model.onnx"
            try:
                write_onnx(self._encoder.released(), path)
            except (FailedError, OSError):
                return
            onnx = OnnxModel(path)
        examples = self._encoder.tokenized(texts)
        found = logits_by_length(onnx, examples, self._encoder.pad_token_id)
        if float(np.abs(found - expected).max()) <= _TOLERANCE:
            self._onnx = onnx
            self.runtime = f"fp32, from text {self._seen + 1:,} on with ONNX Runtime"
