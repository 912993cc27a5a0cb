"""The stage `prepare` as a whole, on a table with all that is hard about users' tables."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
from ruamel.yaml import YAML

from tests.tiny import git

NAMES = ["two words", "😀 fine", "שלום", *(f"intent {number:02}" for number in range(74))]


def test_hard_input_is_handled_and_counted(workspace: Path) -> None:
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
    git(workspace, "add", "-A")
    params = workspace / "params.yaml"
    values = YAML().load(params)
    values["data"].update(
        source="table", path="data/raw/hard.jsonl", validation_size=0.2, test_size=0.2
    )
    values["data"]["max_train_examples"] = None
    YAML().dump(values, params)
    subprocess.run([sys.executable, "src/prepare.py"], check=True)

    report = json.loads((workspace / "metrics/data.json").read_text())
    assert report["splits"] == {
        "train": "its own",
        "validation": "cut from train",
        "test": "cut from train",
    }
    assert report["rows_read"] == {"train": 770}
    assert report["empty_texts"] == {"train": 2}
    dropped = report["dropped"]["train"]
    assert (dropped["empty"], dropped["duplicate"]) == (2, 1)
    assert sum(split["rows"] for split in report["kept"].values()) == 767
    assert report["kept"]["train"].keys() == {"rows", *NAMES}
    assert max(tokens["max"] for tokens in report["tokens"].values()) == 32
    tables = [
        pq.read_table(f"data/prepared/{name}.parquet") for name in ("train", "validation", "test")
    ]
    longest = max(len(text) for table in tables for text in table["text"].to_pylist())
    assert longest > 1_000_000
