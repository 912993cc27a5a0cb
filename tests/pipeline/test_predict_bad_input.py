"""`textune predict` with bad input: one line that names the culprit, and nothing half-written."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.cli_commands import Commands


def _files(source: Path, output: Path) -> list[str]:
    return ["--input", str(source), "--output", str(output)]


def test_damaged_weights_are_told(work: Path, commands: Commands, monkeypatch: Any) -> None:
    monkeypatch.chdir(work)
    path = work / "models/lora/0/model/adapter_model.safetensors"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:100])
    told = commands.error("predict", "x", "--method", "lora", code=1)
    assert told.startswith("models/lora/0/model is damaged")


def test_what_is_no_run_is_told(inside: Path, commands: Commands, tmp_path: Path) -> None:
    told = commands.error("predict", "x", "--run", str(tmp_path))
    assert told == f"--run: {tmp_path} is no folder of a run, which has a run.json"
    told = commands.error("predict", "x", "--run", "models/lora/0", "--seed", "0")
    assert told.startswith("--run is one model; leave")
    assert "lora, seed 0, in fp32" not in commands.run("predict", "x", "--run", "models/lora/0")


WRONG = {
    "empty.csv": (b"", "empty.csv is empty"),
    "column.csv": (b"body,id\na,1\n", "has no column 'text'; --text-column may be 'body', 'id'"),
    "twice.csv": (b"text,text\na,b\n", "has more than one column 'text'"),
    "latin.csv": ("text\nok\ncafé\n".encode("latin-1"), "latin.csv:3 is not UTF-8"),
    "taken.csv": (b"text,predicted\na,b\n", "has a column 'predicted' already"),
    "nan.jsonl": (b'{"text": NaN}\n', "nan.jsonl:1 has no text"),
    "null.jsonl": (b'{"text": "a"}\n{"text": null}\n', "null.jsonl:2 has no text"),
    "number.jsonl": (b'{"text": 3}\n', "number.jsonl:1: the text is 3, no string"),
    "half.jsonl": (b'{"text": "\\ud83d"}\n', "half.jsonl:1: the text is no valid Unicode"),
    "other.jsonl": (b'{"text": "a", "n": "\\ud83d"}\n', "a column is no valid Unicode"),
    "table.xlsx": (b"PK", "table.xlsx is no table that can be read; save it as CSV"),
    "damaged.parquet": (b"PAR1", "damaged.parquet cannot be read"),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_input_is_told_in_one_line(
    inside: Path, commands: Commands, tmp_path: Path, name: str
) -> None:
    content, expected = WRONG[name]
    (tmp_path / name).write_bytes(content)
    output = tmp_path / "out" / f"{name}.{'jsonl' if name == 'other.jsonl' else 'csv'}"
    assert expected in commands.error("predict", *_files(tmp_path / name, output))
    assert not output.parent.exists() or not list(output.parent.iterdir())


def test_a_long_text_is_cut(inside: Path, commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nlovely\n" + "lovely " * 150_000 + "\n")
    commands.run("predict", *_files(tmp_path / "in.csv", tmp_path / "out.csv"))
    assert len(pd.read_csv(tmp_path / "out.csv")) == 2
