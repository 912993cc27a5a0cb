"""The model's tokenizer, and the token ids of texts."""

import math
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.loading import explained, shown_model
from textune.modeling.pretrained import empty_classifier

_TEXTS_AT_A_TIME = 500


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
        ids = explained(params, partial(token_ids, tokenizer, some, params.max_length))
        # A tokenizer can add tokens that its vocabulary does not have.
        _require_embeddings(params, model, pc.max(ids.flatten()).as_py() or 0)
        chunks.append(ids)
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array(chunks)), index=texts.index)


def token_ids(tokenizer: PreTrainedTokenizerBase, texts: list[str], length: int) -> pa.ListArray:
    """The token ids of n texts, special tokens included, each cut to `length`."""
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
