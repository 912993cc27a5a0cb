"""Formats of tables: which quotes are text in TSV, and what is said of other formats."""

from pathlib import Path

import pandas as pd
import pytest

from textune.data.sources.formats import read_wanted, require_format
from textune.errors import UserError

WANTED = {"text": "text", "label": "label"}
TEXTS = [
    'he said "no" and left',
    '"quoted" at the start',
    '"all of it"',
    '"',
    '""',
    "a\ttab",
    "a line\nfeed",
    "",
]


def texts(path: Path) -> list[str]:
    return [values[0] for _, values in read_wanted(path, WANTED)]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [0, 1, 2])
def test_tsv_with_fields_in_quotes_as_pandas_writes_them(
    tmp_path: Path, bom: str, end: str, quoting: int
) -> None:
    path = tmp_path / "t.tsv"
    frame = pd.DataFrame({"text": TEXTS, "label": range(len(TEXTS))})
    content = frame.to_csv(sep="\t", index=False, quoting=quoting, lineterminator=end)  # type: ignore[call-overload]
    path.write_text(bom + content, encoding="utf-8", newline="")
    assert texts(path) == TEXTS


@pytest.mark.parametrize(
    "text",
    [
        'he said "no" and left',
        '"quoted" at the start',
        'the last one is "quoted"',
        '5" wide',
        '"opened only',
        'closed only"',
        '"one" and "two"',
    ],
)
def test_in_a_tsv_without_fields_in_quotes_quotes_are_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(f'text\tlabel\n"all of it"\tx\n{text}\ty\n', encoding="utf-8")
    assert texts(path) == ['"all of it"', text]


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("t.json", "write one JSON object a line, and name it .jsonl"),
        ("t.csv.gz", "unpack it with gunzip"),
        ("t.xlsx", "save it as CSV"),
        ("t", "names end in .csv, .tsv, .jsonl, .parquet"),
    ],
)
def test_other_formats_are_told_with_a_cure(name: str, cure: str) -> None:
    with pytest.raises(
        UserError, match=rf"^data\.path: {name} is no table that can be read.*{cure}"
    ):
        require_format(Path(name))
