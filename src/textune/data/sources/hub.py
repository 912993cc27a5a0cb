"""Any text classification data set of the Hugging Face Hub, at a pinned commit."""

from typing import Any

import pandas as pd

from textune.data.labels import Where, encode_labels
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
    loaded = {split: splits[name] for split, name in names.items()}
    label_names = params.label_names
    texts, labels = {}, {}
    for split, rows in loaded.items():
        for key in ("text", "label"):
            column = getattr(params, f"{key}_column")
            if column not in rows.column_names:
                raise UserError(
                    f"data.{key}_column: {params.name} has no column {column}; it may be"
                    f" {', '.join(rows.column_names)}"
                )
        texts[split] = rows[params.text_column][:]
        labels[split] = rows[params.label_column][:]
        classes = getattr(rows.features[params.label_column], "names", None)
        if -1 in labels[split]:
            raise UserError(
                f"data.{split}_split: {names[split]} of {params.name} is not labelled; set it to"
                " cut"
            )
        label_names = label_names or classes
        if not all(isinstance(text, str | None) for text in texts[split]):
            raise UserError(f"data.text_column: {params.text_column} of {params.name} is no text")
    where = {split: _places(params.name, name) for split, name in names.items()}
    label_names, indices = encode_labels(labels, label_names, where)
    tables = {
        split: pd.DataFrame(
            {
                "row_id": [f"{names[split]}:{row}" for row in range(len(texts[split]))],
                "text": [text or "" for text in texts[split]],
                "label": indices[split],
            }
        )
        for split in loaded
    }
    return Corpus(label_names, tables)


def _places(data_set: str, split: str) -> Where:
    return lambda row: f"{data_set}, {split}:{row}"


def _load(params: DataParams, name: str) -> Any:
    """The splits by name, downloaded unless they are in the cache."""
    repository = HubRepository("dataset", "data", name, params.revision)
    commit = repository.require_commit()
    with repository.failures_told():
        from datasets import exceptions, load_dataset
        from huggingface_hub import HfApi, constants

        if not constants.HF_HUB_OFFLINE:
            # Told apart here: load_dataset says of a missing revision only that nothing was found.
            HfApi().dataset_info(name, revision=commit)
        try:
            return load_dataset(name, params.config, revision=commit)
        except exceptions.DatasetNotFoundError:
            raise
        except (ValueError, RuntimeError, exceptions.DatasetsError) as error:
            reason = " ".join(str(error).split())
            key = "data.config" if "onfig" in reason else "data.name"
            raise UserError(f"{key}: cannot load {name}: {reason[:300]}") from None
