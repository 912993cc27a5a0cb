"""A user's own table: CSV, TSV, JSON Lines or Parquet, one file or a folder with one a split.

A file is cut into splits; in a folder `train.csv`, `validation.csv` and `test.csv` (or what
`data.train_split` and its like say) are the splits.
"""

import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from textune.config.sections import DataParams
from textune.data.arrow import strings
from textune.data.corpus import Corpus
from textune.data.groups import group_names
from textune.data.sources.formats import READERS, NoColumnError, read_wanted, require_format
from textune.data.split_names import find_splits, require_labelled
from textune.errors import UserError
from textune.tasks.base import Task
from textune.tasks.labels import Label, Where


def read(params: DataParams, task: Task) -> Corpus:
    """The table in `data.path`. Raises `UserError` that names the file and row at fault."""
    files = _files(params)
    columns = {split: _read_split(split, path, params) for split, path in files.items()}
    names, indices = task.encode(
        {split: file.labels for split, file in columns.items()},
        params.label_names,
        {split: _places(path, columns[split].lines) for split, path in files.items()},
    )
    tables = {}
    for split, path in files.items():
        file = columns[split]
        row_ids = strings(f"{path.name}:{line}" for line in file.lines)
        table = {"row_id": row_ids, "text": file.texts, "label": indices[split]}
        if params.group_column is not None:
            table["group"] = group_names(file.groups, row_ids, _places(path, file.lines))
        tables[split] = pd.DataFrame(table)
    return Corpus(names, tables)


@dataclass(frozen=True)
class _Columns:
    """What is read of a file: row i stands in line `lines[i]`."""

    lines: "array[int]"
    texts: pd.Series
    labels: list[Label]
    groups: list[Any]


def _read_split(split: str, path: Path, params: DataParams) -> _Columns:
    try:
        columns = _read_file(path, params)
    except NoColumnError as error:
        if split == "train":
            raise
        raise UserError(
            f"data.{split}_split: {path} has no column {error.name!r}, which train has; if it is"
            " not labelled, set it to cut"
        ) from None
    if split != "train":
        require_labelled(split, path, columns.labels)
    return columns


def _read_file(path: Path, params: DataParams) -> _Columns:
    wanted = {"text": params.text_column, "label": params.label_column}
    if params.group_column is not None:
        wanted["group"] = params.group_column
    rows = read_wanted(path, wanted)
    lines, labels, groups = array("q"), list[Label](), list[Any]()

    def texts() -> Iterator[str]:
        for line, (text, label, *group) in rows:
            lines.append(line)
            labels.append(_once(label))
            groups.extend(map(_once, group))
            yield text or ""

    columns = _Columns(lines, strings(texts()), labels, groups)
    if not lines:
        raise UserError(f"{path} holds no rows")
    return columns


def _once(value: Any) -> Any:
    """The value; equal strings are in memory once."""
    return sys.intern(value) if isinstance(value, str) else value


def _places(path: Path, lines: "array[int]") -> Where:
    return lambda row: f"{path}:{lines[row]}"


def _files(params: DataParams) -> dict[str, Path]:
    """The file of each split that has one."""
    path = Path(params.path)
    if path.is_file():
        require_format(path)
        return {"train": path}
    if not path.is_dir():
        raise UserError(
            f"data.path: {path} does not exist; copy a table to data/raw, run"
            " `dvc add data/raw/<name>` and set data.path to it"
        )
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in READERS)
    if not files:
        for file in sorted(path.iterdir()):
            require_format(file)
    by_stem = {file.stem: file for file in files}
    if len(by_stem) < len(files):
        raise UserError(f"data.path: {path} has two files of one name; keep one for each split")
    return {
        split: by_stem[name] for split, name in find_splits(params, list(by_stem), path).items()
    }
