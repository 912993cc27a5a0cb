"""Bottleneck adapters: small trained layers between frozen ones, through adapters (Houlsby et al.
2019, Pfeiffer et al. 2021)."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod

if TYPE_CHECKING:
    from torch import nn

    from textune.modeling.pretrained import Classifier

_NAME = "textune"
_WEIGHTS, _HEAD = "adapter.safetensors", "head.safetensors"


class Adapter(EncoderMethod):
    """Adds bottlenecks of the hidden size over `reduction_factor` to each transformer block."""

    architecture: Literal["seq_bn", "double_seq_bn", "par_bn"]
    reduction_factor: float = Field(ge=1)
    non_linearity: Literal["relu", "gelu", "swish", "tanh", "leakyrelu"]

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (4e-4, 4e-2)}

    def attach(self, classifier: "Classifier") -> "nn.Module":
        from adapters import AdapterConfig

        model = self._prepared(classifier)
        config = AdapterConfig.load(
            self.architecture,
            reduction_factor=self.reduction_factor,
            non_linearity=self.non_linearity,
        )
        model.add_adapter(_NAME, config=config)
        return self._trainable(model, classifier)

    def save(self, model: "nn.Module", classifier: "Classifier", folder: Path) -> None:
        from safetensors.torch import save_file

        saver: Any = model
        saver.save_adapter(str(folder), _NAME, with_head=False, use_safetensors=True)
        save_file(classifier.head_weights(), folder / _HEAD)

    def load(self, classifier: "Classifier", folder: Path) -> "nn.Module":
        from safetensors.torch import load_file

        # As `attach` makes it: adapter_config.json, which can name code, is for others to read.
        model: Any = self.attach(classifier)
        saved = {**load_file(folder / _WEIGHTS), **load_file(folder / _HEAD)}
        trained = {name for name, weights in model.named_parameters() if weights.requires_grad}
        if set(saved) != trained:
            raise UserError(f"{folder} holds another model's adapter or head; run `dvc repro`")
        model.load_state_dict(saved, strict=False)
        return model

    @staticmethod
    def _trainable(model: Any, classifier: "Classifier") -> Any:
        """The model with nothing but adapters and head to train."""
        model.train_adapter(_NAME)
        for name, parameter in model.named_parameters():
            parameter.requires_grad = parameter.requires_grad or name in classifier.head
        return model

    @staticmethod
    def _prepared(classifier: "Classifier") -> Any:
        import adapters

        try:
            adapters.init(classifier.model)
        except (ValueError, AttributeError):
            kind = classifier.model.config.model_type
            raise UserError(
                f"model.name: the package adapters does not know {kind}, which {classifier.name} is"
            ) from None
        return classifier.model
