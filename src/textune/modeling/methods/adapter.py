"""Bottleneck adapters: small trained layers between frozen ones, through adapters (Houlsby et al.
2019, Pfeiffer et al. 2021)."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from textune.modeling.methods.base import EncoderMethod, UnsupportedError, take_trained

if TYPE_CHECKING:
    from adapters import AdapterModelInterface
    from torch import nn
    from transformers import PreTrainedModel

    from textune.modeling.architectures import Architecture
    from textune.modeling.pretrained import Classifier

_NAME = "textune"
_WEIGHTS, _HEAD = "adapter.safetensors", "head.safetensors"


class Adapter(EncoderMethod):
    """Adds bottlenecks of the hidden size over `reduction_factor` to each transformer block."""

    architecture: Literal["seq_bn", "double_seq_bn", "par_bn"]
    reduction_factor: float = Field(ge=1)
    non_linearity: Literal["relu", "gelu", "swish", "tanh", "leakyrelu"]

    native: ClassVar[Literal["peft", "adapters"] | None] = "adapters"
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

    def merged(self, model: "nn.Module", classifier: "Classifier") -> "PreTrainedModel":
        raise UnsupportedError(
            f"adapters stand between the layers of {classifier.name}, where transformers has no"
            " place for them"
        )

    def load(self, classifier: "Classifier", folder: Path) -> "nn.Module":
        from safetensors.torch import load_file

        # As `attach` makes it: adapter_config.json, which can name code, is for others to read.
        model = self.attach(classifier)
        saved = {**load_file(folder / _WEIGHTS), **load_file(folder / _HEAD)}
        take_trained(model, saved, folder)
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

        if not _has_places(classifier):
            raise UnsupportedError(
                f"model.name: the package adapters finds no place for adapters in"
                f" {classifier.name}, which is of type {classifier.model.config.model_type}"
            )
        before = {name for name, _ in classifier.model.named_parameters()}
        adapters.init(classifier.model, interface=_places(classifier.architecture))
        # They would be random, and neither trained nor saved.
        added = {name for name, _ in classifier.model.named_parameters()} - before
        assert not added, f"the package adapters added {sorted(added)[0]} to {classifier.name}"
        return classifier.model


def _has_places(classifier: "Classifier") -> bool:
    """Whether the layers that get adapters are there, and as wide as the model, as adapters are."""
    kind, width = classifier.architecture, classifier.model.config.hidden_size
    layers = [
        classifier.model.get_submodule(name)
        for path in (f"{kind.attention}.{kind.output}", kind.outer)
        for name in classifier.linear_layers([path])
    ]
    return bool(layers) and all(layer.out_features == width for layer in layers)


def _places(kind: "Architecture") -> "AdapterModelInterface | None":
    """Where adapters go, for the types that the package adapters is told of."""
    from adapters import AdapterModelInterface

    if kind.own_adapters:
        return None
    names = (
        {"attn_qkv_proj": kind.query[0]}
        if kind.fused
        else {
            "attn_q_proj": kind.query[0],
            "attn_k_proj": kind.key[0],
            "attn_v_proj": kind.value[0],
        }
    )
    return AdapterModelInterface(
        adapter_methods=["bottleneck"],
        model_embeddings="embeddings",
        model_layers=kind.blocks,
        layer_self_attn=kind.attention,
        layer_cross_attn=None,
        attn_o_proj=kind.output,
        layer_intermediate_proj=kind.inner,
        layer_output_proj=kind.outer,
        # Norms are not told: of several blocks the package takes the last one's.
        layer_pre_ffn=kind.inner,
        **names,
    )
