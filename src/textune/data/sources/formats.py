"""The formats of a table's file: CSV, TSV, JSON Lines and Parquet, one row at a time.

CSV follows RFC 4180, quotes and line feeds in fields included. TSV does too if every quote in the
file belongs to a field in quotes, as pandas and spreadsheets write; else quotes are text. Text is
UTF-8, with or without a byte-order mark.
"""

import contextlib
import csv
import json
import mmap
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from textune.errors import UserError

# Of each row its line or number in the file, the names of its columns, and their values.
Rows = Iterator[tuple[int, list[str], list[Any]]]
# The names of the wanted columns by what they hold: text, label and, if it is wanted, group.
Wanted = dict[str, str]

csv.field_size_limit(2**31 - 1)

_QUOTE = re.compile(b'"')
# A field that is in quotes as a whole. (Possessive quantifiers would do for all of a file at once,
# but Python 3.11.2, Debian 12's, matches them wrongly.)
_IN_QUOTES = re.compile(rb'(?<![^\t\r\n])"[^"]*(?:""[^"]*)*"(?![^\t\r\n])')
_CURES = {
    ".gz": "unpack it with gunzip",
    ".json": "write one JSON object a line, and name it .jsonl",
    ".xls": "save it as CSV",
    ".xlsx": "save it as CSV",
    ".zip": "unpack it",
}


class NoColumnError(UserError):
    """The wanted column `name` is not there."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


def require_format(path: Path, key: str = "data.path") -> None:
    """Raise `UserError` with the cure if the file's name has none of the endings.

    key: what names the file.
    """
    ending = path.suffix.lower()
    if ending not in READERS:
        cure = f"; {_CURES[ending]}" if ending in _CURES else ""
        raise UserError(
            f"{key}: {path} is no table that can be read{cure}; names end in {', '.join(READERS)}"
        )


def read_wanted(path: Path, wanted: Wanted) -> Iterator[tuple[int, list[Any]]]:
    """Of each row its line or number in the file, and the values of the wanted columns.

    Raises `UserError` unless each is there once, and for a text that is no string.
    """
    names, rows = open_table(path, list(wanted.values()))
    at = [] if names is None else _columns(path, names, wanted)
    for line, row_names, values in rows:
        where = f"{path}:{line}"
        if names is None:
            at = _columns(where, row_names, wanted)
        yield line, _checked(where, [values[column] for column in at])


def open_table(path: Path, columns: list[str] | None = None) -> tuple[list[str] | None, Rows]:
    """The names of a table's columns, None if each row has its own (JSON Lines), and its rows.

    columns: those that are needed; a format that can leave others unread does.
    """
    return READERS[path.suffix.lower()](path, columns)


def _csv(path: Path, columns: list[str] | None, **dialect: Any) -> tuple[list[str], Rows]:
    _require_utf8(path)
    file = path.open(encoding="utf-8-sig", newline="")
    reader = csv.reader(file, strict=True, **dialect)
    line = 1

    @contextlib.contextmanager
    def valid() -> Iterator[None]:
        try:
            yield
        except csv.Error as error:
            raise UserError(f"{path}:{line} is no valid CSV: {error}") from None

    def rows() -> Rows:
        nonlocal line
        with file, valid():
            for row in reader:
                if len(row) != len(header) and row:
                    raise UserError(
                        f"{path}:{line} has {len(row)} fields, the header {len(header)}"
                    )
                if row:
                    yield line, header, row
                line = reader.line_num + 1

    with valid():
        header = next(reader, [])
    line = reader.line_num + 1
    return header, rows()


def _tsv(path: Path, columns: list[str] | None) -> tuple[list[str], Rows]:
    quoting = csv.QUOTE_MINIMAL if _is_quoted(path) else csv.QUOTE_NONE
    return _csv(path, columns, delimiter="\t", quoting=quoting)


def _is_quoted(path: Path) -> bool:
    """Whether every quote in the file belongs to a field in quotes."""
    if not path.stat().st_size:
        return False
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        memoryview(content) as view,
    ):
        mark = 3 if content[:3] == b"\xef\xbb\xbf" else 0
        with view[mark:] as text:
            end = 0
            while quote := _QUOTE.search(text, end):
                if (field := _IN_QUOTES.match(text, quote.start())) is None:
                    return False
                end = field.end()
            return True


def _json_lines(path: Path, columns: list[str] | None) -> tuple[None, Rows]:
    _require_utf8(path)

    def rows() -> Rows:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, *_json_object(f"{path}:{number}", line)

    return None, rows()


def _json_object(where: str, line: str) -> tuple[list[str], list[Any]]:
    try:
        pairs = json.loads(line, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is no valid JSON: {error}") from None
    if not isinstance(pairs, _Pairs):
        raise UserError(f"{where} is no JSON object")
    return [name for name, _ in pairs], [_plain(value) for _, value in pairs]


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its keys, those that are there twice included."""


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {name: _plain(inner) for name, inner in value}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _parquet(path: Path, columns: list[str] | None) -> tuple[list[str], Rows]:
    number = 0

    @contextlib.contextmanager
    def valid() -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError:
            raise UserError(f"{path}:{number} is not UTF-8; convert the file") from None
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None

    def rows() -> Rows:
        nonlocal number
        with valid():
            for batch in file.iter_batches(columns=read):
                for scalars in zip(*batch.columns, strict=True):
                    number += 1
                    yield number, names, [scalar.as_py() for scalar in scalars]

    with valid():
        file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    # One that is there twice cannot be read by its name; that is told by who wants it.
    read = [name for name in names if columns is None or name in columns]
    if columns is not None and len(set(read)) == len(read) and {*columns} <= {*read}:
        names = read
    return names, rows()


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
    may_be = f"data.{key}_column may be {', '.join(map(repr, dict.fromkeys(names)))}"
    if name not in names:
        raise NoColumnError(f"{where} has no column {name!r}; {may_be}", name)
    if names.count(name) > 1:
        raise UserError(f"{where} has more than one column {name!r}; {may_be}")
    return names.index(name)


def _require_utf8(path: Path) -> None:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                raise UserError(f"{path}:{number} is not UTF-8; convert the file") from None


READERS: dict[str, Callable[[Path, list[str] | None], tuple[list[str] | None, Rows]]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
