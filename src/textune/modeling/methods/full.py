"""Full fine-tuning: every parameter is trained. The reference."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textune.modeling.methods.base import EncoderMethod

if TYPE_CHECKING:
    from torch import nn

    from textune.modeling.pretrained import Classifier


class Full(EncoderMethod):
    """Trains all parameters of encoder and head."""

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (1e-5, 1e-3)}

    @property
    def shares_encoder(self) -> bool:
        return False

    def attach(self, classifier: "Classifier") -> "nn.Module":
        classifier.model.requires_grad_(True)
        return classifier.model

    def save(self, model: "nn.Module", classifier: "Classifier", folder: Path) -> None:
        # One file, however large: sharded weights would need an index to load.
        classifier.model.save_pretrained(folder, safe_serialization=True, max_shard_size="1TB")

    def load(self, classifier: "Classifier", folder: Path) -> "nn.Module":
        from safetensors.torch import load_model

        model = self.attach(classifier)
        load_model(classifier.model, folder / "model.safetensors")
        return model
