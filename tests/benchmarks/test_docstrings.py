"""The set of docstrings: many classes, some rare, the same each time."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import docstrings
from benchmarks.docstrings import PACKAGES, write_docstrings
from textune.errors import UserError


def test_many_classes_some_rare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = ("ftfy", "typer", "peft")
    monkeypatch.setattr(docstrings, "PACKAGES", small)
    counts = write_docstrings(tmp_path / "a.csv")
    assert counts["ftfy"] < counts["typer"] < counts["peft"]
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["package"] for row in rows) == counts
    assert not any(row["package"] in row["text"].lower() for row in rows)
    write_docstrings(tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert len(PACKAGES) >= 20


def test_what_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docstrings, "PACKAGES", ("ftfy", "no_such_package"))
    with pytest.raises(UserError, match=r"^no_such_package is not in .*: run `make install`"):
        write_docstrings(tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()
