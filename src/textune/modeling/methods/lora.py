"""LoRA: trained low-rank updates of frozen weight matrices, through peft (Hu et al. 2021)."""

from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from textune.errors import UserError
from textune.modeling.methods.base import UnsupportedError
from textune.modeling.methods.through_peft import WEIGHTS, PeftMethod

if TYPE_CHECKING:
    from peft import PeftConfig
    from torch import nn

    from textune.modeling.pretrained import Classifier


class Lora(PeftMethod):
    """Adds `alpha / r` times a product of two matrices of rank `r` to each target module.

    variant: `rslora` scales by `alpha / sqrt(r)` (Kalajdzievski 2023); `dora` also trains the
    length of each row of weights (Liu et al. 2024); `pissa` starts from the largest singular
    values of the weights instead of 0 (Meng et al. 2024).
    """

    variant: Literal["plain", "rslora", "dora", "pissa"] = "plain"
    r: int = Field(ge=1, le=4096)
    alpha: float = Field(gt=0)
    dropout: float = Field(ge=0, lt=1)
    bias: Literal["none", "all", "lora_only"]
    target_modules: Literal["auto", "all-linear"] | Annotated[list[str], Field(min_length=1)] = (
        Field(description="auto, all-linear, or a list of names of modules")
    )

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"learning_rate": (2e-4, 2e-2)}

    @property
    def shares_encoder(self) -> bool:
        # The module with the lengths of rows reads both factors.
        return self.variant != "dora"

    def config(self, classifier: "Classifier") -> "PeftConfig":
        from peft import LoraConfig

        targets = self._targets(classifier)
        layers: list[Any] = [classifier.model.get_submodule(name) for name in targets]
        smallest = min(min(layer.weight.shape) for layer in layers)
        if self.variant == "pissa" and self.r > smallest:
            raise UserError(
                f"r is {self.r}, but pissa takes at most {smallest} singular values of the smallest"
                f" weights of {classifier.name}"
            )
        return LoraConfig(
            r=self.r,
            lora_alpha=self.alpha,  # type: ignore[arg-type]
            lora_dropout=self.dropout,
            bias=self.bias,
            use_rslora=self.variant == "rslora",
            use_dora=self.variant == "dora",
            init_lora_weights="pissa" if self.variant == "pissa" else True,
            target_modules=targets,
        )

    def attach(self, classifier: "Classifier") -> "nn.Module":
        from peft import get_peft_model_state_dict

        model: Any = super().attach(classifier)
        if self.variant == "pissa":
            state = get_peft_model_state_dict(model, save_embedding_layers=False)
            model.first_factors = {n: w.clone() for n, w in state.items() if ".lora_" in n}
        return model

    def save(self, model: "nn.Module", classifier: "Classifier", folder: Path) -> None:
        super().save(model, classifier, folder)
        if self.variant == "pissa":
            self._save_as_plain(model, folder)

    def load(self, classifier: "Classifier", folder: Path) -> "nn.Module":
        return super(Lora, self._saved_as).load(classifier, folder)

    @property
    def _saved_as(self) -> "Lora":
        """PiSSA's update is that of a plain LoRA of twice the rank."""
        twice = {"variant": "plain", "r": 2 * self.r, "alpha": 2 * self.alpha}
        return self.model_copy(update=twice) if self.variant == "pissa" else self

    def _save_as_plain(self, model: Any, folder: Path) -> None:
        """PiSSA takes A₀B₀ out of the weights and trains AB in its place: it adds AB - A₀B₀."""
        import torch
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / WEIGHTS)
        for name, first in model.first_factors.items():
            is_a = ".lora_A." in name
            both = [weights[name], first if is_a else -first]
            weights[name] = torch.cat(both, dim=0 if is_a else 1)
        save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
        config = copy(model.peft_config["default"])
        config.r, config.lora_alpha = self._saved_as.r, self._saved_as.alpha
        config.init_lora_weights = True
        config.save_pretrained(str(folder))

    def _targets(self, classifier: "Classifier") -> list[str]:
        """Full names of the modules to update, so that peft cannot match others by their ending."""
        linear = classifier.linear_layers()
        if not linear:
            raise UnsupportedError(f"model.name: lora finds no linear layers in {classifier.name}")
        if self.target_modules == "all-linear":
            return linear
        if self.target_modules == "auto":
            kind = classifier.architecture
            named = classifier.linear_layers(kind.in_attention(kind.query + kind.value))
            if not named:
                raise UnsupportedError(
                    f"model.name: lora finds no query and value in {classifier.name}; name the"
                    " modules in target_modules, or say all-linear"
                )
            return named
        missing = [name for name in self.target_modules if not classifier.linear_layers([name])]
        if missing:
            known = sorted({name.rpartition(".")[2] for name in linear})
            raise UserError(
                f"target_modules: {classifier.name} has no {', '.join(missing)};"
                f" its linear layers are named {', '.join(known)}"
            )
        return classifier.linear_layers(self.target_modules)
