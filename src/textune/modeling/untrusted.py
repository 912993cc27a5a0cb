"""What transformers is shown of a model from elsewhere: a folder of our own making.

A configuration can name code, kernels or another repository, which transformers, peft and adapters
then fetch and run. So none of them sees the folder of a model itself. They see a temporary one with
allowed keys of its configuration and of its tokenizer's, the tokenizer's vocabulary, and weights in
safetensors. All of it is read here as plain JSON, and what names code is refused in a line.
"""

import contextlib
import json
import math
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textune.errors import UserError
from textune.modeling.allowed import (
    NAMES_CODE,
    OF_TOKENIZERS,
    SPECIAL_TOKENS,
    TYPES,
    VOCABULARIES,
    keys_of,
    tokenizer_classes,
)
from textune.modeling.model_files import SourceFolder
from textune.modeling.weights import link_weights

# An encoder with one of these reads texts in another way than all methods here assume.
_OTHER_WAYS = (
    "is_decoder",
    "is_encoder_decoder",
    "add_cross_attention",
    "pruned_heads",
    "rope_scaling",
)
# A hidden size, a vocabulary; layers are built one by one, so many would take for ever.
_LARGEST, _MOST_LAYERS = 10_000_000, 1000
_DEEPEST = 10
_LAYERS = re.compile(r"n_layers|num_.*(layers|groups)|inner_group_num")
_WORD = re.compile(r"[\w.+|-]{0,64}")


@contextlib.contextmanager
def shown(folder: Path, name: str) -> Iterator[Path]:
    """For a while, a folder with what transformers may see of the model `name` in `folder`.

    Raises `UserError` if the model names code, kernels or another repository, is of a type that is
    not in `TYPES`, is an adapter or has no safetensors, or if a file is not what it should be.
    """
    source = SourceFolder(folder, name)
    if source.find("adapter_config.json"):
        raise UserError(
            f"model.name: {name} has an adapter_config.json: it is an adapter of another model, not"
            " a model; merge it into that model, save the result with save_pretrained(FOLDER), and"
            " set model.name to FOLDER"
        )
    with tempfile.TemporaryDirectory(prefix="textune-model-") as made:
        target = Path(made)
        _write(target / "config.json", _configuration(source))
        _show_tokenizer(source, target)
        link_weights(source, target)
        yield target


def _configuration(source: SourceFolder) -> dict[str, Any]:
    """The allowed keys of config.json; others, which no code would read, are left out."""
    given = source.required_json("config.json")
    _refuse_code(source, "config.json", given)
    model_type = given.get("model_type")
    if model_type not in TYPES:
        raise source.refused(
            "config.json",
            f"says that it is of type {model_type!s:.60}, but textune trains encoders of texts, no"
            f" decoders or encoder-decoders, of the types {', '.join(TYPES)}",
        )
    for key in _OTHER_WAYS:
        if given.get(key):
            raise source.refused("config.json", f"sets {key}, which no method here knows")
    kept = _only(keys_of(model_type), given)
    for key, value in kept.items():
        _require_plain(source, key, value)
    _require_tokenizer_class(source, "config.json", kept.get("tokenizer_class"))
    return kept


def _require_plain(source: SourceFolder, key: str, value: Any) -> None:
    """Raise `UserError` unless a value is a word, a sensible number or a list of these."""
    for item in value if isinstance(value, list) else [value]:
        match item:
            case None | bool():
                continue
            case str() if _WORD.fullmatch(item):
                continue
            case int() if abs(item) <= (_MOST_LAYERS if _LAYERS.fullmatch(key) else _LARGEST):
                continue
            case float() if math.isfinite(item):
                continue
        raise source.refused(
            "config.json", f"has {key}: {item!s:.60}, which textune takes for no encoder's value"
        )


def _show_tokenizer(source: SourceFolder, target: Path) -> None:
    config = source.json("tokenizer_config.json") or {}
    tokens = source.json("special_tokens_map.json") or {}
    for file, given in (("tokenizer_config.json", config), ("special_tokens_map.json", tokens)):
        _refuse_code(source, file, given)
    _require_tokenizer_class(source, "tokenizer_config.json", config.get("tokenizer_class"))
    for key in ("model_max_length", "max_len"):
        value = config.get(key)
        if value is not None and (type(value) not in (int, float) or not 0 < value < math.inf):
            raise source.refused(
                "tokenizer_config.json", f"has {key}: {value!s:.60}, which is no number of tokens"
            )
    _write(target / "tokenizer_config.json", _only(OF_TOKENIZERS, config))
    _write(target / "special_tokens_map.json", _only(SPECIAL_TOKENS, tokens))
    if added := source.json("added_tokens.json"):
        if not all(isinstance(number, int) for number in added.values()):
            raise source.refused("added_tokens.json", "has tokens whose number is none")
        _write(target / "added_tokens.json", added)
    vocabularies = {file: path for file in VOCABULARIES if (path := source.find(file))}
    if not vocabularies:
        raise UserError(
            f"model.name: {source.name} has no tokenizer: none of {', '.join(VOCABULARIES)}; save"
            " one there with save_pretrained(FOLDER)"
        )
    for file, path in vocabularies.items():
        (target / file).symlink_to(path)


def _only(keys: set[str], given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key in keys}


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _require_tokenizer_class(source: SourceFolder, file: str, name: Any) -> None:
    """Raise `UserError` unless transformers has a fast tokenizer of that name.

    It would take any of its classes for a tokenizer.
    """
    if name is not None and str(name) not in tokenizer_classes():
        raise source.refused(
            file, f"names the tokenizer {name!s:.60}, of which transformers has no fast one"
        )


def _refuse_code(source: SourceFolder, file: str, given: dict[str, Any]) -> None:
    """Raise `UserError` if a key at any depth can name code and has a value that could."""
    # Not by recursion, which a file could exhaust.
    open_ended: list[tuple[str, Any, int]] = [("", given, 0)]
    while open_ended:
        path, value, depth = open_ended.pop()
        if depth > _DEEPEST:
            raise source.refused(file, f"is nested more than {_DEEPEST} levels deep")
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inside:
            where = f"{path}.{key}" if path else str(key)
            # A mere yes or no names nothing, and is left out later.
            if item and item is not True and NAMES_CODE.fullmatch(str(key)):
                raise source.refused(
                    file,
                    f"has {where:.100}, which can name code, kernels or another repository, and"
                    " textune loads none of these; choose another model or, where you trust this"
                    " one, name a copy of its folder without that key",
                )
            if isinstance(item, dict | list):
                open_ended.append((where, item, depth + 1))
