"""The stage `prepare` as a whole, on a table with all that is hard about users' tables."""

import csv
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from tests.tiny import git
from textune.metrics.scores import label_keys
from textune.report.plot_data import MOST_CLASSES

NAMES = ["two words", "😀 fine", "שלום", *(f"intent {number:02}" for number in range(74))]


@pytest.fixture
def hard(workspace: Path) -> Path:
    """The workspace, prepared from a table with 77 labels of all kinds."""
    rows: list[dict[str, str | None]] = [
        {"text": f"{name} number {number} of {row}", "label": name}
        for row, name in enumerate(NAMES)
        for number in range(10)
    ]
    rows[5]["text"] = "long " * 210_000 + "end"
    rows[17]["text"] = " \t\u3000"
    rows[28]["text"] = None
    rows[39]["text"] = rows[38]["text"]
    (workspace / "data/raw/hard.jsonl").write_text("\n".join(map(json.dumps, rows)))
    use_table(workspace, "data/raw/hard.jsonl", validation_size=0.2, test_size=0.2)
    subprocess.run([sys.executable, "src/prepare.py"], check=True)
    return workspace


def use_table(workspace: Path, path: str, **data: Any) -> None:
    git(workspace, "add", "-A")
    values = YAML().load(workspace / "params.yaml")
    values["data"].update(source="table", path=path, max_train_examples=None, **data)
    YAML().dump(values, workspace / "params.yaml")


def test_hard_input_is_handled_and_counted(hard: Path) -> None:
    report = json.loads((hard / "metrics/data.json").read_text())
    assert report["splits"] == {
        "train": "its own",
        "validation": "cut from train",
        "test": "cut from train",
    }
    assert report["examples_read"] == {"train": 770}
    assert report["empty_texts"] == {"train": 2}
    dropped = report["dropped"]["train"]
    assert (dropped["empty"], dropped["duplicate"]) == (2, 1)
    assert sum(split["examples"] for split in report["kept"].values()) == 767
    assert report["kept"]["train"]["by_label"].keys() == {*NAMES}
    assert max(tokens["max"] for tokens in report["tokens"].values()) == 32
    tables = [
        pq.read_table(f"data/prepared/{name}.parquet") for name in ("train", "validation", "test")
    ]
    longest = max(len(text) for table in tables for text in table["text"].to_pylist())
    assert longest > 1_000_000


@pytest.mark.slow
def test_hard_label_names_reach_the_results(hard: Path) -> None:
    params = YAML().load(hard / "params.yaml")
    params["methods"] = ["baseline"]
    YAML().dump(params, hard / "params.yaml")
    for stage in (
        ["src/choose.py"],
        ["src/tune.py", "baseline"],
        ["src/train.py", "baseline", "0"],
        ["src/evaluation.py"],
    ):
        subprocess.run([sys.executable, *stage], check=True)
    slices = json.loads((hard / "metrics/slices.json").read_text())
    quality = json.loads((hard / "metrics/quality.json").read_text())
    with (hard / "metrics/confusion.csv").open(encoding="utf-8", newline="") as file:
        actual = {row["actual"] for row in csv.DictReader(file)}
    assert slices
    assert len(actual) == MOST_CLASSES
    assert actual < {*NAMES}
    assert {f"recall_{key}" for key in label_keys(NAMES)} < quality["baseline"].keys()


def test_what_a_data_sets_own_splits_repeat_is_kept_and_counted(workspace: Path) -> None:
    tables = {
        "train": ["a,x", "b,y", "c,x", "d,y"],
        "validation": ["copy,x", "copy,x", "other,y"],
        "test": ["split,x", "split,y", "same,x"],
    }
    for name, rows in tables.items():
        path = workspace / f"data/raw/own/{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(["text,label", *rows]) + "\n")
    use_table(workspace, "data/raw/own")
    subprocess.run([sys.executable, "src/prepare.py"], check=True)
    kept = json.loads((workspace / "metrics/data.json").read_text())["kept"]
    assert {
        name: (c["examples"], c["copies"], c["conflicting_labels"]) for name, c in kept.items()
    } == {
        "train": (4, 0, 0),
        "validation": (3, 1, 0),
        "test": (3, 1, 2),
    }


@pytest.mark.slow
def test_groups_are_kept_apart_and_counted(workspace: Path) -> None:
    rows = [f"text {row} of {row % 25},{NAMES[row % 2]},writer {row % 25}" for row in range(200)]
    (workspace / "data/raw/own.csv").write_text("\n".join(["text,label,author", *rows]) + "\n")
    sizes = {"validation_size": 0.2, "test_size": 0.2}
    use_table(workspace, "data/raw/own.csv", **sizes)
    subprocess.run([sys.executable, "src/prepare.py"], check=True)
    report = json.loads((workspace / "metrics/data.json").read_text())
    assert "groups" not in report
    assert "group" not in pq.read_schema("data/prepared/test.parquet").names

    use_table(workspace, "data/raw/own.csv", group_column="author", **sizes)
    subprocess.run([sys.executable, "src/prepare.py"], check=True)
    with_groups = json.loads((workspace / "metrics/data.json").read_text())
    assert with_groups.keys() - report.keys() == {"groups", "group_overlap"}
    assert with_groups["groups"] == {"train": 16, "validation": 4, "test": 5}
    assert set(with_groups["group_overlap"].values()) == {0}
    groups = {
        name: set(pq.read_table(f"data/prepared/{name}.parquet")["group"].to_pylist())
        for name in ("train", "validation", "test")
    }
    assert set.union(*groups.values()) == {f"writer {number}" for number in range(25)}
    assert groups["train"].isdisjoint(groups["validation"] | groups["test"])


@pytest.mark.slow
def test_a_million_rows_take_less_than_two_gigabytes(workspace: Path) -> None:
    with (workspace / "data/raw/many.csv").open("w", encoding="utf-8") as file:
        file.write("text,label\n")
        for number in range(1_000_000):
            file.write(
                f"@user{number} what a day 😀 we went to see it all and came home late again "
                f"number {number} http://t.co/{number:x} #tweet,{NAMES[number % 3]}\n"
            )
    use_table(workspace, "data/raw/many.csv")
    subprocess.run([sys.executable, "src/prepare.py"], check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"a million rows: {peak:,.0f} MiB at most")
    assert peak < 2048
    assert (
        sum(pq.read_metadata(path).num_rows for path in Path("data/prepared").glob("*.parquet"))
        == 1_000_000
    )
