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
from textune.data.groups import group_names
from textune.data.split_names import find_splits
from textune.errors import UserError
from textune.tasks.base import Task
from textune.tasks.labels import Label, Where

# (line or row in the file, values of the wanted columns) of each row.
Rows = Iterator[tuple[int, list[Any]]]
# The names of the wanted columns by what they hold: text, label and, if it is wanted, group.
Wanted = dict[str, str]

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


def _read_file(path: Path, params: DataParams) -> _Columns:
    wanted = {"text": params.text_column, "label": params.label_column}
    if params.group_column is not None:
        wanted["group"] = params.group_column
    rows = _READERS[path.suffix.lower()](path, wanted)
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


def _csv(path: Path, wanted: Wanted, **dialect: Any) -> Rows:
    _require_utf8(path)
    line = 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True, **dialect)
        try:
            header = next(reader, [])
            at = _columns(path, header, wanted)
            line = reader.line_num + 1
            for row in reader:
                if len(row) != len(header) and row:
                    raise UserError(
                        f"{path}:{line} has {len(row)} fields, the header {len(header)}"
                    )
                if row:
                    yield line, [row[column] for column in at]
                line = reader.line_num + 1
        except csv.Error as error:
            raise UserError(f"{path}:{line} is no valid CSV: {error}") from None


def _tsv(path: Path, wanted: Wanted) -> Rows:
    return _csv(path, wanted, delimiter="\t", quoting=csv.QUOTE_NONE)


def _json_lines(path: Path, wanted: Wanted) -> Rows:
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
            where = f"{path}:{number}"
            at = _columns(where, [name for name, _ in pairs], wanted)
            yield number, _checked(where, [pairs[column][1] for column in at])


def _parquet(path: Path, wanted: Wanted) -> Rows:
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        columns = [names[column] for column in _columns(path, names, wanted)]
        number = 0
        for batch in file.iter_batches(columns=columns):
            for scalars in zip(*(batch[column] for column in columns), strict=True):
                number += 1
                yield number, _checked(f"{path}:{number}", [scalar.as_py() for scalar in scalars])
    except UnicodeDecodeError:
        raise UserError(f"{path}:{number} is not UTF-8; convert the file") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None


def _checked(where: str, values: list[Any]) -> list[Any]:
    text = values[0]
    if text is not None and not isinstance(text, str):
        raise UserError(f"{where}: the text is {text!r:.60}, no string")
    for value in values:
        try:
            str(value).encode()
        except UnicodeEncodeError:
            raise UserError(f"{where} holds half of a surrogate pair; mend the file") from None
    return values


def _columns(where: Path | str, names: list[str], wanted: Wanted) -> list[int]:
    """The numbers of the wanted columns. Raises `UserError` unless each is there once."""
    return [_column(where, names, name, key) for key, name in wanted.items()]


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


_READERS: dict[str, Callable[[Path, Wanted], Rows]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
