"""LoRA: trained low-rank updates of frozen weight matrices, through peft (Hu et al. 2021)."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod

if TYPE_CHECKING:
    from torch import nn

    from textune.modeling.pretrained import Classifier

# What architectures call the query and value projections of their attention.
_QUERY_VALUE = (
    ("query", "value"),  # BERT, RoBERTa, XLM-R, ELECTRA
    ("q_lin", "v_lin"),  # DistilBERT
    ("query_proj", "value_proj"),  # DeBERTa-v2
    ("q_proj", "v_proj"),
    ("q", "v"),  # MPNet
)


class Lora(EncoderMethod):
    """Adds `alpha / r` times a product of two matrices of rank `r` to each target module."""

    r: int = Field(ge=1, le=4096)
    alpha: float = Field(gt=0)
    dropout: float = Field(ge=0, lt=1)
    bias: Literal["none", "all", "lora_only"]
    target_modules: Literal["auto", "all-linear"] | Annotated[list[str], Field(min_length=1)] = (
        Field(description="auto, all-linear, or a list of names of modules")
    )

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (2e-4, 2e-2)}

    def attach(self, classifier: "Classifier") -> "nn.Module":
        from peft import LoraConfig, TaskType, get_peft_model

        config = LoraConfig(
            task_type=TaskType.SEQ_CLS,
            r=self.r,
            lora_alpha=self.alpha,  # type: ignore[arg-type]
            lora_dropout=self.dropout,
            bias=self.bias,
            target_modules=self._targets(classifier),
            modules_to_save=classifier.head_modules(),
        )
        model = get_peft_model(classifier.model, config)
        layers: list[Any] = [m for m in model.modules() if hasattr(m, "cast_input_dtype_enabled")]
        for layer in layers:
            # All weights are of one type, or autocast sees to it: a cast to fp32 would be undone.
            layer.cast_input_dtype_enabled = False
        # peft notes the folder of this machine; the name is what others can resolve.
        config.base_model_name_or_path = classifier.name
        return model

    def save(self, model: "nn.Module", classifier: "Classifier", folder: Path) -> None:
        saver: Any = model
        config = saver.peft_config["default"]
        # peft holds them as a set, whose order would be another in each process.
        config.target_modules = sorted(config.target_modules)
        saver.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)

    def load(self, classifier: "Classifier", folder: Path) -> "nn.Module":
        from peft import get_peft_model_state_dict, set_peft_model_state_dict
        from safetensors.torch import load_file

        # As `attach` makes it: adapter_config.json, which can name code, is for others to read.
        model: Any = self.attach(classifier)
        saved = load_file(folder / "adapter_model.safetensors")
        if saved.keys() != get_peft_model_state_dict(model, save_embedding_layers=False).keys():
            raise UserError(f"{folder} holds another model's LoRA or head; run `dvc repro`")
        set_peft_model_state_dict(model, saved)
        return model

    def _targets(self, classifier: "Classifier") -> list[str]:
        """Full names of the modules to update, so that peft cannot match others by their ending."""
        from torch import nn

        encoder = set(classifier.encoder.modules())
        linear = [
            name
            for name, module in classifier.model.named_modules()
            if isinstance(module, nn.Linear) and module in encoder
        ]
        if self.target_modules == "all-linear":
            return linear
        if self.target_modules != "auto":
            named = [n for n in linear if n.endswith(tuple(f".{t}" for t in self.target_modules))]
            missing = [
                t for t in self.target_modules if not any(n.endswith(f".{t}") for n in named)
            ]
            if missing:
                known = sorted({name.rpartition(".")[2] for name in linear})
                raise UserError(
                    f"target_modules: {classifier.name} has no {', '.join(missing)};"
                    f" its linear layers are named {', '.join(known)}"
                )
            return named
        for pair in _QUERY_VALUE:
            if named := [name for name in linear if name.rpartition(".")[2] in pair]:
                return named
        raise UserError(
            f"target_modules: auto does not know the attention of {classifier.name}; name the"
            " modules, or say all-linear"
        )
