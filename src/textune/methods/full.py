"""Full fine-tuning: every parameter is trained. The reference."""

from typing import TYPE_CHECKING

from textune.methods import Method

if TYPE_CHECKING:
    from torch import nn

    from textune.pretrained import Classifier


class Full(Method):
    """Trains all parameters of encoder and head."""

    def attach(self, classifier: "Classifier") -> "nn.Module":
        classifier.model.requires_grad_(True)
        return classifier.model
