"""Full fine-tuning: every parameter is trained. The reference."""

from typing import TYPE_CHECKING

from textune.modeling.methods.base import EncoderMethod

if TYPE_CHECKING:
    from torch import nn

    from textune.modeling.pretrained import Classifier


class Full(EncoderMethod):
    """Trains all parameters of encoder and head."""

    def attach(self, classifier: "Classifier") -> "nn.Module":
        classifier.model.requires_grad_(True)
        return classifier.model
