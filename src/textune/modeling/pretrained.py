"""The pretrained encoder with a new classification head: the fresh start of every method."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedModel, set_seed

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.architectures import ARCHITECTURES, Architecture, Reads
from textune.modeling.loading import explained, shown_model
from textune.modeling.padding import without_padding
from textune.modeling.weights import stored_parameters

# The largest pooler of all is of 17 millions.
_MOST_NEW_PARAMETERS = 20_000_000


@dataclass(frozen=True)
class Classifier:
    """A pretrained encoder with its head.

    `head` names every parameter that the pretrained checkpoint does not have, and those of the
    classifier on top of the encoder: what all methods train, save and load.
    """

    name: str
    model: PreTrainedModel
    head: frozenset[str]

    @property
    def architecture(self) -> Architecture:
        """Where its parts are."""
        return ARCHITECTURES[self.model.config.model_type]

    @property
    def encoder(self) -> nn.Module:
        """The module with the transformer blocks, whose output the head reads."""
        return self.model.base_model.get_submodule(self.architecture.encoder)

    @property
    def reads(self) -> Reads:
        """What the head reads of the encoder's output."""
        return self.architecture.reads(self.model.config)

    @property
    def blocks(self) -> nn.ModuleList:
        """The transformer blocks, from the bottom. Raises `UserError` if they share weights."""
        blocks = self.model.base_model.get_submodule(self.architecture.blocks)
        assert isinstance(blocks, nn.ModuleList)
        if len(blocks) < self.model.config.num_hidden_layers:
            raise UserError(f"model.name: the blocks of {self.name} share weights")
        return blocks

    def above_blocks(self) -> Iterator[tuple[str, nn.Parameter]]:
        """By name the parameters between the blocks and the head: a norm, a pretrained pooler."""
        prefix = self.model.base_model_prefix
        norm = f"{prefix}.{self.architecture.final_norm}."
        for name, parameter in self.model.named_parameters():
            if name.startswith((norm, f"{prefix}.pooler.")):
                yield name, parameter

    def linear_layers(self, endings: Iterable[str] | None = None) -> list[str]:
        """Names of the encoder's linear layers, from the bottom, or of those at one of the paths.

        endings: paths, from anywhere down to the layer.
        """
        encoder = set(self.encoder.modules())
        ends = None if endings is None else tuple(f".{ending}" for ending in endings)
        return [
            name
            for name, module in self.model.named_modules()
            if isinstance(module, nn.Linear)
            and module in encoder
            and (ends is None or name.endswith(ends))
        ]

    def head_weights(self) -> dict[str, torch.Tensor]:
        """The head's parameters by name, detached."""
        named = self.model.named_parameters()
        return {name: tensor.detach() for name, tensor in named if name in self.head}

    def head_modules(self) -> list[str]:
        """Names of the smallest set of modules that hold the head's parameters and no others."""
        prefix = self.model.base_model_prefix + "."
        modules = {
            name.rpartition(".")[0] if name.startswith(prefix) else name.partition(".")[0]
            for name in self.head
        }
        return sorted(modules)


def load_classifier(
    params: ModelParams,
    label_names: list[str],
    seed: int,
    problem_type: str = "single_label_classification",
) -> Classifier:
    """The pretrained encoder with a new head for `label_names`, drawn from `seed`.

    The same seed gives the same head whatever the method, and whatever head the checkpoint brings.
    Raises `UserError` if the model cannot be had.
    """
    empty = empty_classifier(params)
    claimed = _parameters(empty.model.base_model)
    with shown_model(params) as where:
        config = _config(params, where, label_names, problem_type)
        stored = stored_parameters(Path(where["pretrained_model_name_or_path"]))
        # What the weights lack would be drawn at random, in as much memory as it takes.
        if claimed > stored + _MOST_NEW_PARAMETERS:
            raise UserError(
                f"model.name: cannot load {params.name}: its configuration is of {claimed:,}"
                f" parameters, its weights are {stored:,}"
            )
        set_seed(seed)
        model, loading = explained(
            params,
            lambda: AutoModelForSequenceClassification.from_pretrained(
                **where,
                config=config,
                use_safetensors=True,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
                key_mapping=_setting_aside(empty),
            ),
        )
    model.name_or_path = model.config.name_or_path = params.name
    classifier = _classifier(params, model, loading["missing_keys"])
    inside = {name for name, _ in model.base_model.named_parameters(prefix=model.base_model_prefix)}
    if lacking := sorted(inside & {*loading["missing_keys"]} - _optional(inside)):
        raise UserError(
            f"model.name: cannot load {params.name}: its weights lack {lacking[0]} of the encoder"
        )
    if misfits := sorted(loading["mismatched_keys"]):
        raise UserError(
            f"model.name: cannot load {params.name}: {misfits[0]} has another shape than its"
            " configuration says"
        )
    return classifier


def empty_classifier(params: ModelParams, classes: int = 2, device: str = "meta") -> Classifier:
    """What `load_classifier` gives for so many labels, without memory or values for its weights.

    On another device than torch's `meta` the weights are random.
    """
    names = [str(number) for number in range(classes)]
    with shown_model(params) as where:
        config = _config(params, where, names, "single_label_classification")
    # torch's fused attention looks at the values of the mask; here there are none.
    eager = {"attn_implementation": "eager"}
    with torch.device(device):
        model = explained(
            params, lambda: AutoModelForSequenceClassification.from_config(config, **eager)
        )
    return _classifier(params, model, [])


def _setting_aside(empty: Classifier) -> dict[str, str]:
    """Other names for the weights of a checkpoint's own head, so that the head is drawn anew.

    It may be trained for other labels, of which there may be as many.
    """
    children = {name for name, _ in empty.model.named_children()}
    on_top = sorted(children - {empty.model.base_model_prefix})
    return {rf"^({'|'.join(on_top)})\.": r"of_another_task.\1."}


def _config(
    params: ModelParams, where: dict[str, Any], label_names: list[str], problem_type: str
) -> Any:
    config = explained(
        params,
        lambda: AutoConfig.from_pretrained(
            **where,
            id2label=dict(enumerate(label_names)),
            label2id={name: index for index, name in enumerate(label_names)},
            problem_type=problem_type,
        ),
    )
    config.update(ARCHITECTURES[config.model_type].settings)
    return config


def _optional(names: set[str]) -> set[str]:
    """What a checkpoint may lack: a pooler, which is trained as part of the head."""
    return {name for name in names if ".pooler." in name}


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _classifier(params: ModelParams, model: PreTrainedModel, missing: Iterable[str]) -> Classifier:
    without_padding(model)
    prefix = model.base_model_prefix + "."
    on_top = {name for name, _ in model.named_parameters() if not name.startswith(prefix)}
    return Classifier(params.name, model, frozenset(on_top.union(missing)))
