"""Any text classification data set of the Hugging Face Hub, at a pinned commit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from textune.data.arrow import strings
from textune.data.labels import Label, Where, encode_labels
from textune.data.sources import Corpus
from textune.data.split_names import find_splits
from textune.errors import UserError
from textune.hub import HubRepository
from textune.params import DataParams


def read(params: DataParams) -> Corpus:
    """The data set `data.name`. Raises `UserError` with the cure if it cannot be had or read."""
    if params.name is None:
        raise UserError("data.name is null; set it to the id of a data set on the hub")
    splits = _load(params, params.name)
    names = find_splits(params, list(splits), params.name)
    label_names, texts, labels, where = params.label_names, {}, {}, {}
    for split, name in names.items():
        rows = splits[name]
        _require_columns(params, rows)
        where[split] = _places(params.name, name)
        labels[split], classes = _labels(params, split, name, rows)
        label_names = label_names or classes
        texts[split] = strings(_texts(params, rows, where[split]))
    label_names, indices = encode_labels(labels, label_names, where)
    tables = {
        split: pd.DataFrame(
            {
                "row_id": strings(f"{name}:{row}" for row in range(len(indices[split]))),
                "text": texts[split],
                "label": indices[split],
            }
        )
        for split, name in names.items()
    }
    return Corpus(label_names, tables)


def _places(data_set: str, split: str) -> Where:
    return lambda row: f"{data_set}, {split}:{row}"


def _require_columns(params: DataParams, rows: Any) -> None:
    for key in ("text", "label"):
        column = getattr(params, f"{key}_column")
        if column not in rows.column_names:
            raise UserError(
                f"data.{key}_column: {params.name} has no column {column}; it may be"
                f" {', '.join(rows.column_names)}"
            )


def _texts(params: DataParams, rows: Any, where: Where) -> Iterator[str]:
    column = params.text_column
    batches = rows.select_columns([column]).iter(1000)
    for row, text in enumerate(text for batch in batches for text in batch[column]):
        if not isinstance(text, str | None):
            raise UserError(f"data.text_column: {where(row)} is {text!r:.60}, no text")
        yield text or ""


def _labels(
    params: DataParams, split: str, name: str, rows: Any
) -> tuple[list[Label], list[str] | None]:
    """The labels of a split, and the classes in order where the data set has fixed ones."""
    from datasets import ClassLabel

    labels = rows[params.label_column][:]
    feature = rows.features[params.label_column]
    fixed = isinstance(feature, ClassLabel)
    # Benchmarks that keep the labels of test to themselves have -1 there.
    if -1 in labels if fixed else set(map(str, labels)) == {"-1"}:
        cure = "choose another" if split == "train" else "set it to cut"
        raise UserError(f"data.{split}_split: {name} of {params.name} is not labelled; {cure}")
    if not fixed:
        return labels, None
    classes = _classes(params, feature.names)
    return [None if label is None else classes[label] for label in labels], classes


def _classes(params: DataParams, own: list[str]) -> list[str]:
    """What the classes are called: `data.label_names` renames them, unless it has names of theirs.

    In that case it is for their order, which `encode_labels` takes from it.
    """
    given = params.label_names
    if given is None or not set(given).isdisjoint(own):
        return own
    if len(given) != len(own):
        raise UserError(
            f"data.label_names has {len(given)} names, but {params.name} has {len(own)} classes:"
            f" {', '.join(map(repr, own)):.200}"
        )
    return given


def _load(params: DataParams, name: str) -> Any:
    """The splits by name, downloaded unless they are in the cache."""
    repository = HubRepository("dataset", "data", name, params.revision)
    commit = repository.require_commit()
    with repository.failures_told():
        from datasets import exceptions, load_dataset

        asked = _ask_hub(name, commit)
        try:
            splits = load_dataset(name, params.config, revision=commit)
        except exceptions.DatasetNotFoundError:
            raise
        except (ValueError, RuntimeError, exceptions.DatasetsError) as error:
            reason = " ".join(str(error).split())
            key = "data.config" if "onfig" in reason else "data.name"
            raise UserError(f"{key}: cannot load {name}: {reason[:300]}") from None
        # Without the hub, load_dataset takes the newest of its cache, whatever the revision.
        cached = set() if asked else set().union(*map(_commits, splits.values()))
        if cached - {commit}:
            raise UserError(
                f"data.revision is {commit}, but the hub cannot be reached, and the newest of"
                f" {name} in the cache is {', '.join(cached)}; set data.revision to that, or go"
                " online once"
            )
    return splits


def _ask_hub(name: str, commit: str) -> bool:
    """Whether the hub could be asked. Raises what huggingface_hub does if it lacks the commit.

    Told apart here: load_dataset says of a missing revision only that nothing was found.
    """
    from huggingface_hub import HfApi, constants
    from requests import exceptions

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        HfApi().dataset_info(name, revision=commit)
    except (exceptions.ConnectionError, exceptions.Timeout):
        return False
    return True


def _commits(rows: Any) -> set[str]:
    """The commits from which the files in the cache of `datasets` were made."""
    return {Path(file["filename"]).parent.name for file in rows.cache_files}
