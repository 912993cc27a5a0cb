"""The loss of training: cross-entropy, with weighted examples and smoothed labels if wanted."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class SmoothedCrossEntropy(nn.Module):
    """The mean cross-entropy of logits (n, classes) and labels (n,), weighted by example.

    `smoothing` is the share of each label that is spread over all classes; `weights` (classes,) has
    the weight of an example by its label. (torch's own weights would weigh the classes within a
    smoothed label instead.)
    """

    def __init__(self, smoothing: float, weights: torch.Tensor | None) -> None:
        super().__init__()
        self._smoothing = smoothing
        self._weights: torch.Tensor | None
        self.register_buffer("_weights", weights)

    def forward(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        if self._weights is None:
            return functional.cross_entropy(logits, labels, label_smoothing=self._smoothing)
        losses = functional.cross_entropy(
            logits, labels, label_smoothing=self._smoothing, reduction="none"
        )
        weights = self._weights[labels]
        return (weights * losses).sum() / weights.sum()


def class_weights(labels: np.ndarray) -> torch.Tensor:
    """(classes,) weights by which every class of `labels` (n,) counts the same in all."""
    counts = np.bincount(labels)
    return torch.tensor(len(labels) / counts.clip(min=1), dtype=torch.float32)
