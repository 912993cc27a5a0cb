"""The classifier head over the frozen encoder."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from textune.modeling.methods.base import EncoderMethod

if TYPE_CHECKING:
    from torch import nn

    from textune.modeling.pretrained import Classifier


class Head(EncoderMethod):
    """Trains only the head, or, with `tune: none`, nothing at all."""

    tune: Literal["head", "none"]

    trains_encoder: ClassVar[bool] = False
    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (0.01, 0.99)}
    # The study's baseline: every method starts from this encoder and this head.
    keeps_untrained: ClassVar[bool] = True

    def to_tune(self, everything: bool) -> list[str]:
        return super().to_tune(everything) if self.tune == "head" else []

    def attach(self, classifier: "Classifier") -> "nn.Module":
        for name, parameter in classifier.model.named_parameters():
            parameter.requires_grad = self.tune == "head" and name in classifier.head
        return classifier.model
