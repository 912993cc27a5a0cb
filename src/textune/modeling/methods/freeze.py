"""Fine-tuning of the last blocks and what stands above; the blocks below stay as they are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod, UnsupportedError

if TYPE_CHECKING:
    from torch import nn

    from textune.modeling.pretrained import Classifier


class Freeze(EncoderMethod):
    """Trains the last `trained_blocks` transformer blocks, what stands above them, and the head."""

    trained_blocks: int = Field(ge=1)

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (1e-5, 1e-3)}

    def attach(self, classifier: "Classifier") -> "nn.Module":
        try:
            blocks = classifier.blocks
        except UserError as error:
            raise UnsupportedError(str(error)) from None
        if self.trained_blocks > len(blocks):
            raise UserError(
                f"trained_blocks is {self.trained_blocks}, but {classifier.name} has"
                f" {len(blocks)} blocks"
            )
        for name, parameter in classifier.model.named_parameters():
            parameter.requires_grad = name in classifier.head
        for block in blocks[-self.trained_blocks :]:
            block.requires_grad_(True)
        for _, parameter in classifier.above_blocks():
            parameter.requires_grad = True
        return classifier.model
