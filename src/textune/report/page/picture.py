"""A picture of the page: a drawing, a sentence that says what it shows, and its numbers."""

import csv
from pathlib import Path
from typing import NamedTuple


class Picture(NamedTuple):
    """key: its place in the page; title: its heading; says: what it shows, in a sentence.

    header, rows: its numbers.
    """

    key: str
    title: str
    says: str
    svg: str
    header: list[str]
    rows: list[list[str]]


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file of metrics/."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
