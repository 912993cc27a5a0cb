"""Training a head over a frozen encoder from features computed once.

The heads of sequence classification read the first token of the last block, or the mean over the
tokens, so that vector is all that is kept of a text.
"""

import sys
from typing import Any, cast

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch import nn
from torch.utils.data import Dataset
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

from textune.modeling.architectures import Reads
from textune.modeling.pretrained import Classifier
from textune.training.batches import Batch, PaddedExamples
from textune.training.hardware import Device, Precision


class FeatureExamples(Dataset[Batch]):
    """Features (n, hidden) with their labels (n,), fetched a batch at a time."""

    def __init__(self, features: torch.Tensor, labels: np.ndarray) -> None:
        self._features, self._labels = features, torch.tensor(labels)

    def __len__(self) -> int:
        return len(self._labels)

    def __getitems__(self, numbers: list[int]) -> Batch:
        return {"features": self._features[numbers], "labels": self._labels[numbers]}

    def __getitem__(self, number: int) -> Batch:
        return self.__getitems__([number])


class HeadOverFeatures(nn.Module):
    """The classifier without its encoder: reads features (n, hidden) in place of texts.

    The head's modules are the classifier's own, so that training this trains the real model. A text
    of one token, whose vector is the features, has them for its first token and for its mean.
    """

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.model = classifier.model
        self._encoder = classifier.encoder
        self._features = torch.empty(0)

    def forward(
        self, features: torch.Tensor, labels: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        self._features = features[:, None]
        ids = torch.zeros(len(features), 1, dtype=torch.long, device=features.device)
        replaced = self._encoder.forward
        self._encoder.forward = self._instead_of_encoder
        try:
            output = self.model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels)
        finally:
            self._encoder.forward = replaced
        return {"loss": output.loss, "logits": output.logits}

    def _instead_of_encoder(
        self, *args: Any, **kwargs: Any
    ) -> BaseModelOutputWithPastAndCrossAttentions:
        # DeBERTa reads the last of the hidden states, the others the last hidden state.
        features = cast(torch.FloatTensor, self._features)
        output: Any = BaseModelOutputWithPastAndCrossAttentions(features, hidden_states=(features,))
        output.global_attentions = None  # Longformer's
        return cast(BaseModelOutputWithPastAndCrossAttentions, output)


class FrozenEncoder(nn.Module):
    """The classifier with its encoder held in eval mode: what `HeadOverFeatures` trains, uncached.

    So the head sees the same features in every epoch, without dropout below it.
    """

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.model = classifier.model
        self._encoder = classifier.encoder
        self._embeddings = getattr(classifier.model.base_model, "embeddings", None)

    def train(self, mode: bool = True) -> "FrozenEncoder":
        super().train(mode)
        for module in filter(None, (self._encoder, self._embeddings)):
            module.eval()
        return self

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        output = self.model(input_ids=input_ids, attention_mask=attention_mask, labels=labels)
        return {"loss": output.loss, "logits": output.logits}


@torch.inference_mode()
def text_features(
    classifier: Classifier,
    texts: PaddedExamples,
    batch_size: int,
    device: Device,
    precision: Precision,
) -> torch.Tensor:
    """What the head reads of each of the n texts, (n, hidden) fp32, in eval mode."""
    model: nn.Module = classifier.model
    model.to(device).eval()
    order = texts.split.by_length()
    batches = np.array_split(order, range(batch_size, len(order), batch_size))
    collected: list[torch.Tensor] = []
    outputs: list[torch.Tensor] = []
    hook = classifier.encoder.register_forward_hook(
        lambda module, args, output: outputs.append(output[0])
    )
    console = Console(stderr=True)
    silent = not sys.stderr.isatty()
    try:
        for batch in track(batches, "encoding", console=console, disable=silent):
            inputs = {k: v.to(device) for k, v in texts.__getitems__(batch.tolist()).items()}
            with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
                model(**inputs)
            read = _read(outputs.pop(), inputs["attention_mask"], classifier.reads)
            collected.append(read.float().cpu())
    finally:
        hook.remove()
    features = torch.cat(collected)
    return torch.empty_like(features).index_copy_(0, torch.from_numpy(order), features)


def _read(tokens: torch.Tensor, mask: torch.Tensor, reads: Reads) -> torch.Tensor:
    """(n, hidden) of the vectors of tokens, (n, length, hidden)."""
    if reads == "first":
        return tokens[:, 0]
    mask = mask[..., None].to(tokens.dtype)
    return (tokens * mask).sum(dim=1) / mask.sum(dim=1)
