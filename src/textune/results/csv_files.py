"""CSV files that plots are drawn from."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from textune.files import write_text


def write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str | int | float]]
) -> None:
    """Write a header and rows, whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())
