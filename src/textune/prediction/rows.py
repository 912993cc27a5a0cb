"""What is to be predicted, a row at a time: files, standard input, or texts as they are given."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from textune.data.sources.formats import open_table, require_format
from textune.errors import UserError

TEXT = "text"


@dataclass(frozen=True)
class Row:
    """One text with the columns that it came with; `where` is told if something is wrong with it.

    The text is None if there is none.
    """

    where: str
    names: list[str]
    values: list[Any]
    text: str | None


@dataclass(frozen=True)
class Table:
    """Rows, and the names of their columns if all have the same; `where` is told of these."""

    where: str
    names: list[str] | None
    rows: Iterator[Row]


def rows_of_texts(texts: Iterable[str]) -> Iterator[Row]:
    """Of texts that are given in the command."""
    for number, text in enumerate(texts, start=1):
        yield Row(f"text {number}", [TEXT], [text], text)


def rows_of_lines(stream: BinaryIO) -> Iterator[Row]:
    """Of a stream with a text in each line."""
    for number, line in zip(count(1), iter(stream.readline, b"")):
        where = f"line {number}"
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise UserError(f"{where} of standard input is not UTF-8; convert it") from None
        yield Row(where, [TEXT], [text], text)


def table_of_file(path: Path, column: str) -> Table:
    """That of a file. Raises `UserError` unless it has the column once."""
    require_format(path, "--input")
    names, rows = open_table(path)
    if names is not None:
        _column(f"{path}", names, column)

    def with_text() -> Iterator[Row]:
        at = 0 if names is None else _column(f"{path}", names, column)
        for line, row_names, values in rows:
            where = f"{path}:{line}"
            if names is None:
                at = _column(where, row_names, column)
            yield Row(where, row_names, values, _text(where, values[at]))

    return Table(f"{path}", names, with_text())


def parquet_of(path: Path | None) -> pq.ParquetFile | None:
    """A Parquet file, opened; None for other files. Raises `UserError` if it is damaged."""
    if path is None or path.suffix.lower() != ".parquet":
        return None
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None


def _column(where: str, names: list[str], column: str) -> int:
    if names.count(column) == 1:
        return names.index(column)
    if not names:
        raise UserError(f"{where} is empty; it needs a column with the text")
    found = "more than one column" if column in names else "no column"
    raise UserError(
        f"{where} has {found} {column!r}; --text-column may be"
        f" {', '.join(map(repr, dict.fromkeys(names)))}"
    )


def _text(where: str, value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if not isinstance(value, str):
        raise UserError(f"{where}: the text is {value!r:.60}, no string")
    return value
