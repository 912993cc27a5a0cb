"""Any text classification data set of the Hugging Face Hub, at a pinned commit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from textune.config.sections import DataParams
from textune.data.arrow import strings
from textune.data.corpus import Corpus
from textune.data.groups import group_names
from textune.data.split_names import find_splits, require_labelled
from textune.errors import UserError
from textune.hub import HubRepository
from textune.tasks.base import Task
from textune.tasks.labels import Where


def read(params: DataParams, task: Task) -> Corpus:
    """The data set `data.name`. Raises `UserError` with the cure if it cannot be had or read."""
    if params.name is None:
        raise UserError("data.name is null; set it to the id of a data set on the hub")
    splits = _load(params, params.name)
    names = find_splits(params, list(splits), params.name)
    texts, labels, groups, where = {}, {}, {}, {}
    for split, name in names.items():
        rows = splits[name]
        _require_columns(params, rows)
        where[split] = _places(params.name, name)
        labels[split] = rows[params.label_column][:]
        require_labelled(split, f"{name} of {params.name}", labels[split])
        texts[split] = strings(_texts(params, rows, where[split]))
        if params.group_column is not None:
            groups[split] = rows[params.group_column][:]
    feature = splits[names["train"]].features[params.label_column]
    if classes := getattr(feature, "names", None):
        label_names, indices = task.encode_classes(labels, classes, params.label_names, where)
    else:
        label_names, indices = task.encode(labels, params.label_names, where)
    tables = {}
    for split, name in names.items():
        row_ids = strings(f"{name}:{row}" for row in range(len(indices[split])))
        table = {"row_id": row_ids, "text": texts[split], "label": indices[split]}
        if split in groups:
            table["group"] = group_names(groups[split], row_ids, where[split])
        tables[split] = pd.DataFrame(table)
    return Corpus(label_names, tables)


def _places(data_set: str, split: str) -> Where:
    return lambda row: f"{data_set}, {split}:{row}"


def _require_columns(params: DataParams, rows: Any) -> None:
    for key in ("text", "label", "group"):
        column = getattr(params, f"{key}_column")
        if column is not None and column not in rows.column_names:
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


def _load(params: DataParams, name: str) -> Any:
    """The splits by name, downloaded unless they are in the cache."""
    repository = HubRepository("dataset", "data", name, params.revision)
    commit = repository.require_commit()
    with repository.clear_errors():
        from datasets import exceptions, load_dataset

        _ask_hub(name, commit)
        try:
            splits = load_dataset(name, params.config, revision=commit)
        except exceptions.DatasetNotFoundError:
            raise
        except (ValueError, RuntimeError, exceptions.DatasetsError) as error:
            reason = " ".join(str(error).split())
            key = "data.config" if "onfig" in reason else "data.name"
            raise UserError(f"{key}: cannot load {name}: {reason[:300]}") from None
        # Where it does not reach the hub, it takes the newest of its cache, whatever the revision.
        cached = set().union(*map(_commits, splits.values()))
        if cached - {commit}:
            raise UserError(
                f"data.revision is {commit}, but the hub cannot be reached, and the newest of"
                f" {name} in the cache is {', '.join(cached)}; set data.revision to that, or go"
                " online once"
            )
    return splits


def _ask_hub(name: str, commit: str) -> None:
    """Raise what huggingface_hub does if the hub lacks the commit; no hub is no obstacle here.

    Told apart here: load_dataset says of a missing revision only that nothing was found.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError
    from requests import exceptions

    if constants.HF_HUB_OFFLINE:
        return
    try:
        HfApi().dataset_info(name, revision=commit)
    except (exceptions.ConnectionError, exceptions.Timeout):
        return
    except HfHubHTTPError as error:
        if error.response is None or error.response.status_code < 500:
            raise


def _commits(rows: Any) -> set[str]:
    """The commits from which the files in the cache of `datasets` were made."""
    return {Path(file["filename"]).parent.name for file in rows.cache_files}
