"""Users' own tables: what is read, and what is said of hard input."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tiny import git, real_values
from textune.data.corpus import Corpus
from textune.data.sources.registry import read_source
from textune.errors import UserError
from textune.params import check_params


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")


def read(path: str, **data: Any) -> Corpus:
    git(Path(), "add", "-A")
    values = real_values()
    values["data"].update(source="table", path=path, **data)
    params = check_params(values, "params.yaml")
    return read_source(params.data, params.task)


def write(name: str, content: str | bytes) -> str:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def test_csv_with_quotes_line_feeds_and_a_byte_order_mark() -> None:
    path = write("t.csv", '\ufefftext,label\n"one, and\n""two""",no\r\nNA,null\n')
    table = read(path).tables["train"]
    assert table["text"].tolist() == ['one, and\n"two"', "NA"]
    assert table["row_id"].tolist() == ["t.csv:2", "t.csv:4"]
    assert read(path).label_names == ["no", "null"]


def test_every_format_gives_the_same() -> None:
    rows = [("a b", "x y"), ("ünd 😀", "👍"), ("שלום", "שלום"), ("", "x y")]
    frame = pd.DataFrame(rows, columns=["said", "mood"])
    frame.to_csv("t.csv", index=False)
    frame.to_csv("t.tsv", index=False, sep="\t")
    frame.to_json("t.jsonl", orient="records", lines=True)
    frame.to_parquet("t.parquet")
    for ending in ("csv", "tsv", "jsonl", "parquet"):
        corpus = read(f"t.{ending}", text_column="said", label_column="mood")
        assert corpus.label_names == ["x y", "שלום", "👍"]
        table = corpus.tables["train"]
        assert list(zip(table["text"], table["label"], strict=True)) == [
            ("a b", 0),
            ("ünd 😀", 2),
            ("שלום", 1),
            ("", 0),
        ]


def test_one_file_a_split() -> None:
    for name in ("train", "dev", "test"):
        write(f"d/{name}.csv", f"text,label\n{name},0\n{name}s,1\n")
    assert list(read("d").tables) == ["train", "validation", "test"]
    assert read("d").tables["validation"]["text"].tolist() == ["dev", "devs"]
    assert list(read("d", validation_split="cut").tables) == ["train", "test"]
    with pytest.raises(UserError, match=r"d has no final; it has dev, test, train"):
        read("d", test_split="final")


@pytest.mark.parametrize("labels", [("0", "2", "1"), ("0.0", "2.0", "1.0")])
def test_labels_as_numbers(labels: tuple[str, ...]) -> None:
    path = write("t.csv", "text,label\n" + "".join(f"t{n},{n}\n" for n in labels))
    assert read(path).label_names == ["0", "1", "2"]
    named = read(path, label_names=["no", "so", "yes"])
    assert named.label_names == ["no", "so", "yes"]
    assert named.tables["train"]["label"].tolist() == [0, 2, 1]


def test_seventy_seven_classes_and_a_long_text() -> None:
    rows = [
        {"text": f"{n} " + "long " * 200_000 * (n == 7), "label": f"c{n:02}"} for n in range(77)
    ]
    path = write("t.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    corpus = read(path)
    assert len(corpus.label_names) == 77
    assert len(corpus.tables["train"]["text"][7]) > 1_000_000


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("t.csv", "", "t.csv is empty; it needs the columns"),
        ("t.csv", "a,b\n", "t.csv has no column 'text'; data.text_column may be 'a', 'b'"),
        ("t.csv", '"a\nb",c\n', "data.text_column may be 'a\\nb', 'c'"),
        ("t.jsonl", "{}\n", "t.jsonl:1 is empty; it needs the columns"),
        ("t.csv", "text,label\n", "t.csv holds no rows"),
        ("t.csv", "text,label\na,x\nb,x\n", "t.csv:2: 'x' is the only label of the data set"),
        ("t.csv", "text,label\na,x\nb,\n", "t.csv:3: the label is missing"),
        ("t.csv", "text,label\na,0.5\nb,1\n", "t.csv:2: label 0.5 is neither a name nor a whole"),
        ("t.csv", "text,label\na,x\nb\n", "t.csv:3 has 1 fields, the header 2"),
        ("t.csv", 'text,label\na,x\n"b,y\nc,x\nd,y\n', "t.csv:3 is no valid CSV"),
        ("t.csv", b"text,label\na,x\n\xff,y\n", "t.csv:3 is not UTF-8; convert the file"),
        ("t.csv", "text,text,label\na,b,x\n", "t.csv has more than one column 'text'"),
        ("t.jsonl", '{"text": "a", "label": 1}\n{"text"\n', "t.jsonl:2 is no valid JSON"),
        ("t.jsonl", '{"a":' * 100_000, "t.jsonl:1 is no valid JSON"),
        ("t.jsonl", '{"text": "\\ud83d", "label": 1}\n', "t.jsonl:1 holds half of a surrogate"),
        ("t.jsonl", '{"text": "a", "label": "\\ud83d"}\n', "t.jsonl:1 holds half of a surrogate"),
        ("t.jsonl", '{"text": "a", "label": [1]}\n', "t.jsonl:1: the label is [1], neither"),
        ("t.jsonl", '{"text": "a", "label": 0.5}\n', "t.jsonl:1: label 0.5 is neither"),
        ("t.jsonl", "[1]\n", "t.jsonl:1 is no JSON object"),
        ("t.jsonl", '{"text": 3, "label": 1}\n', "t.jsonl:1: the text is 3, no string"),
        ("t.jsonl", '{"text": "a", "label": null}\n', "t.jsonl:1: the label is missing"),
        ("t.jsonl", '{"text": "a", "text": "b", "label": 1}\n', "t.jsonl:1 has more than one"),
        ("t.parquet", b"PAR?", "t.parquet cannot be read"),
        ("t.xls", b"", "t.xls is no table that can be read; save it as CSV"),
    ],
)
def test_bad_table(name: str, content: str | bytes, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        read(write(name, content))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parquet_that_is_not_utf8() -> None:
    texts = pa.array([b"fine", b"\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": texts, "label": [0, 1]}), "t.parquet")
    with pytest.raises(UserError, match=r"^t\.parquet:2 is not UTF-8; convert the file$"):
        read("t.parquet")


def test_a_damaged_parquet_page() -> None:
    pq.write_table(pa.table({"text": ["a", "b"] * 500, "label": [0, 1] * 500}), "t.parquet")
    content = bytearray(Path("t.parquet").read_bytes())
    content[4:40] = b"\xff" * 36
    with pytest.raises(UserError, match=r"^t\.parquet cannot be read: "):
        read(write("t.parquet", bytes(content)))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["01", "1", "1_0"], ["01", "1", "1_0"]),
        (["nan", "infinity", "1e3"], ["1e3", "infinity", "nan"]),
        (["10", "9", "-1"], ["-1", "9", "10"]),
        (["12345678901234567890", "12345678901234567891"], None),
        (["²", "1"], ["1", "²"]),
        (["9" * 5000, "1"], ["1", "9" * 5000]),
    ],
)
def test_labels_that_look_like_numbers_stay_apart(
    labels: list[str], names: list[str] | None
) -> None:
    path = write("t.csv", "text,label\n" + "".join(f"t{label},{label}\n" for label in labels))
    assert read(path).label_names == (names or labels)


def test_a_label_that_is_none_of_the_names() -> None:
    path = write("t.csv", "text,label\na,x\nb,z\n")
    with pytest.raises(UserError, match=r"t\.csv:3: label 'z' is none of 'x', 'y'"):
        read(path, label_names=["x", "y"])


def test_fractions_may_be_names() -> None:
    path = write("t.csv", "text,label\na,1.5\nb,2.0\nc,1.5\n")
    corpus = read(path, label_names=["1.5", "2.0"])
    assert corpus.tables["train"]["label"].tolist() == [0, 1, 0]


def test_numbers_that_do_not_count_from_0_are_no_indices() -> None:
    path = write("t.csv", "text,label\na,1\nb,2\n")
    with pytest.raises(UserError, match=r"data\.label_names: .* but no label is 0; .*: 1, 2$"):
        read(path, label_names=["bad", "ok", "good"])


def test_decimals_as_databases_export_them() -> None:
    labels = pa.array([Decimal("1.00"), Decimal("0.00")], pa.decimal128(5, 2))
    pq.write_table(pa.table({"text": ["a", "b"], "label": labels}), "t.parquet")
    assert read("t.parquet").label_names == ["0", "1"]


def test_groups_in_every_format() -> None:
    rows = [("a", "x", "ann"), ("b", "y", "bob"), ("c", "x", "ann"), ("d", "y", None)]
    frame = pd.DataFrame(rows, columns=["text", "label", "author"])
    frame.to_csv("t.csv", index=False)
    frame.to_csv("t.tsv", index=False, sep="\t")
    frame.to_json("t.jsonl", orient="records", lines=True)
    frame.to_parquet("t.parquet")
    for ending in ("csv", "tsv", "jsonl", "parquet"):
        table = read(f"t.{ending}", group_column="author").tables["train"]
        *named, alone = table["group"]
        assert named == ["ann", "bob", "ann"]
        assert alone == f"(no group) {table['row_id'].iloc[3]}"
        assert table["group"].dtype == table["text"].dtype
        assert "group" not in read(f"t.{ending}").tables["train"]


def test_rows_without_a_group_are_groups_of_their_own() -> None:
    rows: list[dict[str, Any]] = [
        {"text": "a", "label": 0, "id": value} for value in (3, 3.0, "3", None, None, "", "  ")
    ]
    path = write(
        "t.jsonl", "".join(json.dumps({**row, "label": n % 2}) + "\n" for n, row in enumerate(rows))
    )
    groups = read(path, group_column="id").tables["train"]["group"].tolist()
    assert groups[:3] == ["3"] * 3
    assert len(set(groups)) == 5
    numbers = pa.array([1, None, 1, 2], pa.int64())
    table = pa.table({"text": [*"abcd"], "label": [0, 1, 0, 1], "id": numbers})
    # As pandas writes whole numbers with a gap.
    pq.write_table(table, "int.parquet")
    table.to_pandas().to_parquet("float.parquet")
    for path in ("int.parquet", "float.parquet"):
        one, alone, same, two = read(path, group_column="id").tables["train"]["group"]
        assert (one, same, two) == ("1", "1", "2")
        assert alone == f"(no group) {path}:2"


def test_what_is_wrong_with_groups() -> None:
    path = write("t.csv", "text,label,author\na,x,ann\nb,y,bob\n")
    with pytest.raises(UserError, match=r"no column 'writer'; data\.group_column may be 'text', "):
        read(path, group_column="writer")
    with pytest.raises(UserError, match=r"data\.group_column is 'label', but it should be another"):
        read(path, group_column="label")
    lists = write(
        "t.jsonl",
        '{"text": "a", "label": 0, "author": ["ann"]}\n{"text": "b", "label": 1, "author": 1}\n',
    )
    with pytest.raises(UserError, match=r"data\.group_column: t\.jsonl:1 is \['ann'\], neither"):
        read(lists, group_column="author")
