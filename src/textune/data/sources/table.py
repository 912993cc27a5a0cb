"""A user's own table: CSV, TSV, JSON Lines or Parquet, one file or a folder with one a split.

A file is cut into splits; in a folder `train.csv`, `validation.csv` and `test.csv` (or what
`data.train_split` and its like say) are the splits. CSV follows RFC 4180, quotes and line feeds in
fields included; TSV has no quotes. Text is UTF-8, with or without a byte-order mark.
"""

import csv
import json
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from textune.config.sections import DataParams
from textune.data.arrow import strings
from textune.data.corpus import Corpus
from textune.data.split_names import find_splits
from textune.errors import UserError
from textune.tasks.base import Task
from textune.tasks.labels import Label, Where

# (line or row in the file, text or None, label) of each row.
Rows = Iterator[tuple[int, str | None, Label]]

csv.field_size_limit(2**31 - 1)


def read(params: DataParams, task: Task) -> Corpus:
    """The table in `data.path`. Raises `UserError` that names the file and row at fault."""
    if params.revision is not None:
        raise UserError("data.revision: tables have no revisions, DVC tracks them; set it to null")
    files = _files(params)
    columns = {split: _read_file(path, params) for split, path in files.items()}
    names, indices = task.encode(
        {split: file.labels for split, file in columns.items()},
        params.label_names,
        {split: _places(path, columns[split].lines) for split, path in files.items()},
    )
    tables = {
        split: pd.DataFrame(
            {
                "row_id": strings(f"{path.name}:{line}" for line in columns[split].lines),
                "text": columns[split].texts,
                "label": indices[split],
            }
        )
        for split, path in files.items()
    }
    return Corpus(names, tables)


@dataclass(frozen=True)
class _Columns:
    """What is read of a file: row i stands in line `lines[i]`."""

    lines: "array[int]"
    texts: pd.Series
    labels: list[Label]


def _read_file(path: Path, params: DataParams) -> _Columns:
    rows = _READERS[path.suffix.lower()](path, params.text_column, params.label_column)
    lines, labels = array("q"), list[Label]()

    def texts() -> Iterator[str]:
        for line, text, label in rows:
            lines.append(line)
            # Each label is in memory once.
            labels.append(sys.intern(label) if isinstance(label, str) else label)
            yield text or ""

    columns = _Columns(lines, strings(texts()), labels)
    if not lines:
        raise UserError(f"{path} holds no rows")
    return columns


def _places(path: Path, lines: "array[int]") -> Where:
    return lambda row: f"{path}:{lines[row]}"


def _files(params: DataParams) -> dict[str, Path]:
    """The file of each split that has one."""
    path, endings = Path(params.path), ", ".join(_READERS)
    if path.is_file():
        if path.suffix.lower() not in _READERS:
            raise UserError(f"data.path: {path} is no table; its name may end in {endings}")
        return {"train": path}
    if not path.is_dir():
        raise UserError(
            f"data.path: {path} does not exist; copy a table to data/raw, run"
            " `dvc add data/raw/<name>` and set data.path to it"
        )
    files = sorted(file for file in path.iterdir() if file.suffix.lower() in _READERS)
    by_stem = {file.stem: file for file in files}
    if len(by_stem) < len(files):
        raise UserError(f"data.path: {path} has two files of one name; keep one for each split")
    return {
        split: by_stem[name] for split, name in find_splits(params, list(by_stem), path).items()
    }


def _csv(path: Path, text: str, label: str, **dialect: Any) -> Rows:
    _require_utf8(path)
    line = 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True, **dialect)
        try:
            header = next(reader, [])
            at = [
                _column(path, header, name, key) for name, key in ((text, "text"), (label, "label"))
            ]
            line = reader.line_num + 1
            for row in reader:
                if len(row) != len(header) and row:
                    raise UserError(
                        f"{path}:{line} has {len(row)} fields, the header {len(header)}"
                    )
                if row:
                    yield line, row[at[0]], row[at[1]]
                line = reader.line_num + 1
        except csv.Error as error:
            raise UserError(f"{path}:{line} is no valid CSV: {error}") from None


def _tsv(path: Path, text: str, label: str) -> Rows:
    return _csv(path, text, label, delimiter="\t", quoting=csv.QUOTE_NONE)


def _json_lines(path: Path, text: str, label: str) -> Rows:
    _require_utf8(path)
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                pairs = json.loads(line, object_pairs_hook=list)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}:{number} is no valid JSON: {error}") from None
            if not isinstance(pairs, list) or not all(isinstance(p, tuple) for p in pairs):
                raise UserError(f"{path}:{number} is no JSON object")
            names = [name for name, _ in pairs]
            values = [
                pairs[_column(f"{path}:{number}", names, name, key)][1]
                for name, key in ((text, "text"), (label, "label"))
            ]
            yield number, *_checked(f"{path}:{number}", *values)


def _parquet(path: Path, text: str, label: str) -> Rows:
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        columns = [
            _column(path, names, name, key) for name, key in ((text, "text"), (label, "label"))
        ]
        number = 0
        for batch in file.iter_batches(columns=[names[column] for column in columns]):
            for scalars in zip(batch[text], batch[label], strict=True):
                number += 1
                values = [scalar.as_py() for scalar in scalars]
                yield number, *_checked(f"{path}:{number}", *values)
    except UnicodeDecodeError:
        raise UserError(f"{path}:{number} is not UTF-8; convert the file") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None


def _checked(where: str, text: Any, label: Any) -> tuple[str | None, Label]:
    if text is not None and not isinstance(text, str):
        raise UserError(f"{where}: the text is {text!r:.60}, no string")
    for value in (text, label):
        try:
            str(value).encode()
        except UnicodeEncodeError:
            raise UserError(f"{where} holds half of a surrogate pair; mend the file") from None
    return text, label


def _column(where: Path | str, names: list[str], name: str, key: str) -> int:
    """The number of the column. Raises `UserError` unless it is there once."""
    if not names:
        raise UserError(f"{where} is empty; it needs the columns data.text_column and label_column")
    if names.count(name) != 1:
        count = "no column" if name not in names else "more than one column"
        raise UserError(
            f"{where} has {count} {name!r}; data.{key}_column may be"
            f" {', '.join(map(repr, dict.fromkeys(names)))}"
        )
    return names.index(name)


def _require_utf8(path: Path) -> None:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                raise UserError(f"{path}:{number} is not UTF-8; convert the file") from None


_READERS: dict[str, Callable[[Path, str, str], Rows]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
