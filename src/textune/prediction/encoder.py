"""A fine-tuned encoder predicting: texts of like length together, in the precision of training."""

import contextlib
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from textune.config.sections import FastParams
from textune.data.tokenized import PreparedSplit
from textune.modeling.checkpoint import Checkpoint
from textune.modeling.tokenizer import token_ids
from textune.training.batches import PaddedExamples
from textune.training.fast.model import fast_model
from textune.training.hardware import Device, Precision

# A batch has so many tokens, padding included, or one text.
_TOKENS_AT_A_TIME = 4096


class EncoderModel:
    """The model of a `Checkpoint`, whose own model it changes for good, to be fast."""

    def __init__(
        self, checkpoint: Checkpoint, fast: FastParams, device: Device, precision: Precision
    ) -> None:
        self._checkpoint, self._device, self._precision = checkpoint, device, precision
        self._model = checkpoint.model.requires_grad_(False).to(device).eval()
        self._fast = contextlib.ExitStack()
        self._fast.enter_context(fast_model(checkpoint.classifier, self._model, fast, precision))

    @torch.inference_mode()
    def outputs(self, texts: list[str]) -> NDArray[np.floating]:
        """(n, classes) logits."""
        examples = self._tokenized(texts)
        padded = PaddedExamples(examples, self._checkpoint.tokenizer.pad_token_id)
        logits = np.empty((len(texts), len(self._checkpoint.label_names)), np.float32)
        autocast = torch.autocast(self._device, torch.bfloat16, enabled=self._precision == "bf16")
        with autocast:
            for numbers in _batches(examples.lengths):
                batch = padded.__getitems__(numbers)
                inputs = {k: v.to(self._device) for k, v in batch.items() if k != "labels"}
                logits[numbers] = self._model(**inputs).logits.float().cpu().numpy()
        return logits

    def _tokenized(self, texts: list[str]) -> PreparedSplit:
        ids = token_ids(self._checkpoint.tokenizer, texts, self._checkpoint.max_length)
        return PreparedSplit.of_tokens(ids)


def _batches(lengths: NDArray[np.integer]) -> Iterator[list[int]]:
    """Numbers of texts, the longest first, so that too little memory shows at once."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, _TOKENS_AT_A_TIME // int(lengths[order[start]]))
        yield order[start : start + size].tolist()
        start += size
