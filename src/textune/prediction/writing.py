"""What was predicted, in the form asked for, beside the columns that each text came with."""

import csv
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from textune.errors import UserError
from textune.prediction.rows import Row

PREDICTED, PROBABILITY = "predicted", "probability_"
_DIGITS = 6


@dataclass(frozen=True)
class Prediction:
    """Of one text: the class, None if it is undecided, and the k classes' probabilities.

    There are none for a row without a text.
    """

    label: str | None
    probabilities: list[float] | None


Predicted = Sequence[tuple[Row, Prediction]]


class Writer(ABC):
    """Writes rows with what was predicted for them, in their order."""

    def __init__(self, label_names: list[str]) -> None:
        self._label_names = label_names
        self._names: list[str] | None = None

    def begin(self, names: list[str], where: str) -> None:
        """Told once, before any row, what columns a table has. Raises `UserError` if one is taken.

        JSON Lines say it with their first row.
        """
        _require_free(names, where, {PREDICTED, *self._probability_names()})
        self._names = names

    @abstractmethod
    def write(self, predicted: Predicted) -> None:
        """Write some rows. Raises `UserError` for a row that the form cannot hold."""

    def close(self) -> None:  # noqa: B027
        """Write what is due at the end."""

    def _values(self, row: Row) -> list[Any]:
        """The values of the row in the order of the columns, which are the same for all rows."""
        if self._names is None:
            self.begin(row.names, row.where)
        if row.names is self._names or row.names == self._names:
            return row.values
        if self._names is None or sorted(row.names) != sorted(self._names):
            raise UserError(
                f"{row.where} has other columns than the rows before; write JSON Lines (--format"
                " jsonl)"
            )
        by_name = dict(zip(row.names, row.values, strict=True))
        return [by_name[name] for name in self._names]

    def _probability_names(self) -> list[str]:
        return [f"{PROBABILITY}{name}" for name in self._label_names]

    def _cells(self, prediction: Prediction) -> list[Any]:
        if prediction.probabilities is None:
            return [None] * (1 + len(self._label_names))
        return [prediction.label, *map(_rounded, prediction.probabilities)]


class LineWriter(Writer):
    """For people: the class, its probability and the text, one line each."""

    def __init__(self, label_names: list[str], stream: TextIO) -> None:
        super().__init__(label_names)
        self._stream = stream
        self._width = max(len(_one_line(name)) for name in label_names)

    def write(self, predicted: Predicted) -> None:
        for row, prediction in predicted:
            label = _one_line(prediction.label or "-").ljust(self._width)
            most = f"{max(prediction.probabilities):.3f}" if prediction.probabilities else "-    "
            self._stream.write(f"{label}  {most}  {_one_line(row.text or '')}\n")
        self._stream.flush()


class CsvWriter(Writer):
    """CSV, or TSV with another delimiter, with a header."""

    def __init__(self, label_names: list[str], stream: TextIO, delimiter: str = ",") -> None:
        super().__init__(label_names)
        self._stream = stream
        self._plain, self._quoting = (
            csv.writer(stream, delimiter=delimiter, lineterminator="\n", quoting=quoting)
            for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
        )

    def begin(self, names: list[str], where: str) -> None:
        super().begin(names, where)
        self._write_row([*names, PREDICTED, *self._probability_names()])

    def write(self, predicted: Predicted) -> None:
        for row, prediction in predicted:
            self._write_row([*self._values(row), *self._cells(prediction)])
        self._stream.flush()

    def _write_row(self, values: list[Any]) -> None:
        # The csv module takes a lone carriage return for plain text, and readers for a line's end.
        lone = any(isinstance(value, str) and "\r" in value for value in values)
        (self._quoting if lone else self._plain).writerow(values)


class JsonWriter(Writer):
    """JSON Lines: an object with the row's own keys, the class, and all probabilities."""

    def __init__(self, label_names: list[str], stream: TextIO) -> None:
        super().__init__(label_names)
        self._stream = stream

    def write(self, predicted: Predicted) -> None:
        for row, prediction in predicted:
            _require_free(row.names, row.where, {PREDICTED, "probabilities"})
            probabilities = None
            if prediction.probabilities is not None:
                rounded = map(_rounded, prediction.probabilities)
                probabilities = dict(zip(self._label_names, rounded, strict=True))
            content = {
                **{n: _as_json(v) for n, v in zip(row.names, row.values, strict=True)},
                PREDICTED: prediction.label,
                "probabilities": probabilities,
            }
            self._stream.write(json.dumps(content, ensure_ascii=False, default=str) + "\n")
        self._stream.flush()


class ParquetWriter(Writer):
    """Parquet, in which the columns of a Parquet file keep their types."""

    def __init__(self, label_names: list[str], path: Path, schema: pa.Schema | None) -> None:
        super().__init__(label_names)
        self._path, self._given = path, schema
        self._file: pq.ParquetWriter | None = None

    def write(self, predicted: Predicted) -> None:
        columns: dict[str, pa.Array] = {}
        rows = [self._values(row) for row, _ in predicted]
        for number, name in enumerate(self._names or []):
            values = [row[number] for row in rows]
            columns[name] = self._array(name, values, predicted[0][0].where)
        cells = zip(*(self._cells(prediction) for _, prediction in predicted), strict=True)
        for name, column in zip([PREDICTED, *self._probability_names()], cells, strict=True):
            columns[name] = pa.array(column, pa.string() if name == PREDICTED else pa.float64())
        table = pa.table(columns)
        if self._file is None:
            self._file = pq.ParquetWriter(self._path, table.schema)
        self._file.write_table(table)

    def close(self) -> None:
        if self._file is None:
            # Of a table without rows.
            given = [
                (n, self._given.field(n).type if self._given else pa.string())
                for n in self._names or []
            ]
            added = [
                (PREDICTED, pa.string()),
                *((n, pa.float64()) for n in self._probability_names()),
            ]
            self._file = pq.ParquetWriter(self._path, pa.schema([*given, *added]))
        self._file.close()

    def _array(self, name: str, values: list[Any], where: str) -> pa.Array:
        schema = self._given if self._file is None else self._file.schema
        try:
            return pa.array(values, None if schema is None else schema.field(name).type)
        except (pa.ArrowException, OverflowError) as error:
            reason = " ".join(str(error).split())
            raise UserError(
                f"{where} and on: column {name!r} is not of one type ({reason:.100}); write JSON"
                " Lines (--format jsonl)"
            ) from None


def _require_free(names: list[str], where: str, added: set[str]) -> None:
    if taken := sorted(added & {*names}):
        raise UserError(
            f"{where} has a column {taken[0]!r} already, and that is what the prediction is called;"
            " rename the column"
        )
    if len({*names}) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"{where} has two columns {twice!r}; rename one")


def _rounded(value: float) -> float:
    return round(value, _DIGITS)


def _as_json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _one_line(text: str) -> str:
    """The text without line breaks and without what a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
