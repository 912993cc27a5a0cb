"""The pretrained encoder with a new classification head: the fresh start of every method."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
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
from textune.modeling.loading import explained, shown_model
from textune.modeling.weights import stored_parameters

_TEXTS_AT_A_TIME = 500
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
    """The model's fast tokenizer, which can pad. Raises `UserError` if it cannot be had."""
    with shown_model(params) as where:
        tokenizer = explained(params, lambda: AutoTokenizer.from_pretrained(**where, use_fast=True))
    if not tokenizer.is_fast:
        raise UserError(f"model.name: {params.name} has no fast tokenizer; choose one that has")
    if tokenizer.pad_token_id is None:
        raise UserError(
            f"model.name: the tokenizer of {params.name} has no padding token; choose a model that"
            " has one or, if its vocabulary does, name it as pad_token in a copy's"
            " tokenizer_config.json"
        )
    tokenizer.name_or_path = params.name
    return tokenizer


def tokenize(params: ModelParams, texts: pd.Series) -> pd.Series:
    """Arrow lists of the model's token ids, special tokens included, each cut to `max_length`.

    Raises `UserError` if the tokenizer cannot be had or the model reads no texts of that length.
    """
    tokenizer, model = load_tokenizer(params), empty_classifier(params).model
    limit = min(tokenizer.model_max_length, _positions(model))
    if params.max_length > limit:
        raise UserError(
            f"model.max_length is {params.max_length}, but {params.name} reads at most"
            f" {limit} tokens"
        )
    _require_embeddings(params, model, max(tokenizer.get_vocab().values(), default=0))
    chunks = []
    # Lists of Python integers take ten times the room, so they are made of few texts at a time.
    for start in range(0, len(texts), _TEXTS_AT_A_TIME):
        some = texts.iloc[start : start + _TEXTS_AT_A_TIME].tolist()
        ids = explained(params, partial(_token_ids, tokenizer, some, params.max_length))
        # A tokenizer can add tokens that its vocabulary does not have.
        _require_embeddings(params, model, pc.max(ids.flatten()).as_py() or 0)
        chunks.append(ids)
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array(chunks)), index=texts.index)


def _token_ids(tokenizer: PreTrainedTokenizerBase, texts: list[str], length: int) -> pa.ListArray:
    encoded = tokenizer(
        texts,
        truncation=True,
        max_length=length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )
    return pa.array(encoded["input_ids"], pa.list_(pa.int32()))


def _require_embeddings(params: ModelParams, model: PreTrainedModel, token: int) -> None:
    embeddings: Any = model.get_input_embeddings()
    if token >= embeddings.num_embeddings:
        raise UserError(
            f"model.name: the tokenizer of {params.name} has a token {token}, but the model knows"
            f" those below {embeddings.num_embeddings} only; choose another model"
        )


def _positions(model: PreTrainedModel) -> float:
    """How many tokens the model has position embeddings for."""
    for name, module in model.named_modules():
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
    claimed = _parameters(empty_classifier(params).model.base_model)
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
            ),
        )
    model.name_or_path = model.config.name_or_path = params.name
    classifier = _classifier(params, model, loading["missing_keys"])
    inside = {name for name, _ in model.base_model.named_parameters(prefix=model.base_model_prefix)}
    if lacking := sorted(inside & {*loading["missing_keys"]} - _optional(inside)):
        raise UserError(
            f"model.name: cannot load {params.name}: its weights lack {lacking[0]} of the encoder"
        )
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
    with shown_model(params) as where:
        config = _config(params, where, names, "single_label_classification")
    # torch's fused attention looks at the values of the mask; here there are none.
    eager = {"attn_implementation": "eager"}
    with torch.device("meta"):
        model = explained(
            params, lambda: AutoModelForSequenceClassification.from_config(config, **eager)
        )
    return _classifier(params, model, [])


def _config(
    params: ModelParams, where: dict[str, Any], label_names: list[str], problem_type: str
) -> Any:
    return explained(
        params,
        lambda: AutoConfig.from_pretrained(
            **where,
            id2label=dict(enumerate(label_names)),
            label2id={name: index for index, name in enumerate(label_names)},
            problem_type=problem_type,
        ),
    )


def _optional(names: set[str]) -> set[str]:
    """What a checkpoint may lack: a pooler, which is trained as part of the head."""
    return {name for name in names if ".pooler." in name}


def _parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _classifier(params: ModelParams, model: PreTrainedModel, missing: Iterable[str]) -> Classifier:
    prefix = model.base_model_prefix + "."
    on_top = {name for name, _ in model.named_parameters() if not name.startswith(prefix)}
    return Classifier(params.name, model, frozenset(on_top.union(missing)))
