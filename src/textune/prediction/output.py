"""Where predictions go: a file, there as a whole or not at all, a pipe, or the terminal."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from textune.errors import UserError
from textune.prediction.writing import CsvWriter, JsonWriter, LineWriter, ParquetWriter, Writer

FORMATS = ("lines", "csv", "tsv", "jsonl", "parquet")


@contextlib.contextmanager
def open_writer(
    form: str, target: Path | None, label_names: list[str], schema: pa.Schema | None = None
) -> Iterator[Writer]:
    """A writer to a file, which is there as a whole or not at all, or to standard output.

    schema: that of the Parquet file that the rows are from.
    """
    if target is None:
        if form == "parquet":
            raise UserError("Parquet is not written to standard output; name a file with --output")
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        yield _text_writer(form, label_names, sys.stdout)
        return
    if target.exists() and not target.is_file():
        # A pipe or a device, which is not replaced.
        if form == "parquet":
            raise UserError(f"--output: Parquet is written to a file, which {target} is not")
        with target.open("w", encoding="utf-8", newline="") as stream:
            yield _text_writer(form, label_names, stream)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if form == "parquet":
            writer: Writer = ParquetWriter(label_names, draft, schema)
            yield writer
            writer.close()
        else:
            with draft.open("w", encoding="utf-8", newline="") as stream:
                yield _text_writer(form, label_names, stream)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _text_writer(form: str, label_names: list[str], stream: TextIO) -> Writer:
    match form:
        case "csv":
            return CsvWriter(label_names, stream)
        case "tsv":
            return CsvWriter(label_names, stream, "\t")
        case "jsonl":
            return JsonWriter(label_names, stream)
        case _:
            return LineWriter(label_names, stream)
