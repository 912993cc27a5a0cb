"""The loss of training: cross-entropy, with weights for the rows and smoothed labels if wanted."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional


class TrainingLoss(nn.Module):
    """The mean cross-entropy of logits (n, classes) and labels (n,), weighted by row.

    `smoothing` is the share of each label that is spread over all classes; `weights` (classes,) has
    the weight of a row by its label. (torch's own weights would weigh the classes within a smoothed
    label instead.)
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
        rows = self._weights[labels]
        return (rows * losses).sum() / rows.sum()


def class_weights(labels: np.ndarray) -> torch.Tensor:
    """(classes,) weights of rows by label that let every class of `labels` (n,) count the same."""
    counts = np.bincount(labels)
    return torch.tensor(len(labels) / counts.clip(min=1), dtype=torch.float32)
