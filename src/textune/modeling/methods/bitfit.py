"""BitFit: only biases are trained (Ben Zaken et al. 2022)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textune.modeling.methods.base import EncoderMethod, UnsupportedError

if TYPE_CHECKING:
    from torch import nn

    from textune.modeling.pretrained import Classifier


class Bitfit(EncoderMethod):
    """Trains every bias of the encoder, and the head."""

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (2e-4, 2e-2)}

    def attach(self, classifier: "Classifier") -> "nn.Module":
        model = classifier.model
        # DeBERTa has biases of its own, such as q_bias.
        biases = {name for name, _ in model.named_parameters() if name.endswith("bias")}
        if not biases - classifier.head:
            raise UnsupportedError(
                f"model.name: {classifier.name} has no biases, so it has no bitfit"
            )
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name in biases | classifier.head
        return model
