"""Training a head over a frozen encoder from features computed once.

The heads of sequence classification read the first token of the last block, so its vector is all
that is kept of a text.
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

from textune.errors import UserError
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

    The head's modules are the classifier's own, so that training this trains the real model.
    """

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.model = classifier.model
        self._encoder = classifier.encoder
        self._features = torch.empty(0)
        try:
            self(torch.zeros(1, self.model.config.hidden_size, device=self.model.device))
        # What goes wrong depends on what else the architecture reads of its encoder.
        except Exception as error:
            raise UserError(
                f"model.name: the head of {classifier.name}, which is of type"
                f" {self.model.config.model_type}, reads more than the first token, so there is no"
                f" baseline for it ({' '.join(str(error).split()):.100})"
            ) from None

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
        return BaseModelOutputWithPastAndCrossAttentions(features, hidden_states=(features,))


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
def first_token_features(
    classifier: Classifier,
    texts: PaddedExamples,
    batch_size: int,
    device: Device,
    precision: Precision,
) -> torch.Tensor:
    """The last block's first token for each of the n texts, (n, hidden) fp32, in eval mode."""
    model: nn.Module = classifier.model
    model.to(device).eval()
    order = texts.split.by_length()
    batches = np.array_split(order, range(batch_size, len(order), batch_size))
    collected: list[torch.Tensor] = []
    hook = classifier.encoder.register_forward_hook(
        lambda module, args, output: collected.append(output[0][:, 0].float().cpu())
    )
    console = Console(stderr=True)
    silent = not sys.stderr.isatty()
    try:
        for batch in track(batches, "encoding", console=console, disable=silent):
            inputs = texts.__getitems__(batch.tolist())
            with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
                model(**{name: tensor.to(device) for name, tensor in inputs.items()})
    finally:
        hook.remove()
    features = torch.cat(collected)
    return torch.empty_like(features).index_copy_(0, torch.from_numpy(order), features)
