"""A fine-tuned encoder predicting: texts of like length together, in the precision of training."""

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from textune.config.sections import FastParams
from textune.data.tokenized import PreparedSplit
from textune.modeling.checkpoint import Checkpoint
from textune.modeling.tokenizer import token_ids
from textune.training.batches import Batch, PaddedExamples
from textune.training.fast.model import fast_model
from textune.training.hardware import Device, Precision

# A batch's logits, (texts, classes), by `input_ids` and `attention_mask`, both (texts, length).
Logits = Callable[[Batch], NDArray[np.float32]]

_TOKENS_AT_A_TIME = 4096


class EncoderModel:
    """The model of a `Checkpoint`, whose own model it changes, to be fast, until it is released."""

    def __init__(
        self, checkpoint: Checkpoint, fast: FastParams, device: Device, precision: Precision
    ) -> None:
        self._checkpoint, self._device, self._precision = checkpoint, device, precision
        self._model = checkpoint.model.requires_grad_(False).to(device).eval()
        self._fast = contextlib.ExitStack()
        self._fast.enter_context(
            fast_model(checkpoint.classifier, self._model, fast, device, precision)
        )
        self.runtime: str = precision
        self.pad_token_id: int = checkpoint.tokenizer.pad_token_id

    def outputs(self, texts: list[str]) -> NDArray[np.floating]:
        """(n, classes) logits."""
        return logits_by_length(self._logits, self.tokenized(texts), self.pad_token_id)

    def tokenized(self, texts: list[str]) -> PreparedSplit:
        """The texts as the model reads them."""
        ids = token_ids(self._checkpoint.tokenizer, texts, self._checkpoint.max_length)
        return PreparedSplit.of_tokens(ids)

    def released(self) -> Checkpoint:
        """The model as it was. This predicts on with it, slower."""
        self._fast.close()
        return self._checkpoint

    @torch.inference_mode()
    def _logits(self, batch: Batch) -> NDArray[np.float32]:
        inputs = {name: tensor.to(self._device) for name, tensor in batch.items()}
        with torch.autocast(self._device, torch.bfloat16, enabled=self._precision == "bf16"):
            found: NDArray[np.float32] = self._model(**inputs).logits.float().cpu().numpy()
        return found


def logits_by_length(
    logits: Logits, examples: PreparedSplit, pad_token_id: int, tokens: int = _TOKENS_AT_A_TIME
) -> NDArray[np.float32]:
    """(n, classes) of n examples in their order, n at least 1, those of like length together.

    A batch has at most `tokens` tokens, padding included, or one text.
    """
    padded = PaddedExamples(examples, pad_token_id)
    numbers = list(_batches(examples.lengths, tokens))
    found = []
    for some in numbers:
        batch = padded.__getitems__(some)
        del batch["labels"]
        found.append(logits(batch))
    ordered = np.concatenate(found)
    result = np.empty_like(ordered)
    result[np.concatenate(numbers)] = ordered
    return result


def _batches(lengths: NDArray[np.integer], tokens: int) -> Iterator[list[int]]:
    """Numbers of texts, the longest first, so that too little memory shows at once."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, tokens // int(lengths[order[start]]))
        yield order[start : start + size].tolist()
        start += size
