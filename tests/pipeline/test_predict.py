"""`textune predict`: the runs' own predictions come out, in every form, whole or not at all."""

import csv
import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.cli_commands import Commands
from tests.pipeline.commands import dvc
from tests.tiny import METHODS, git
from textune.metrics.calibration import rescaled
from textune.runs.predictions import read as read_predictions
from textune.runs.record import read_record

LABELS = ["negative", "neutral", "positive"]


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Standard input for the next command."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("method", METHODS)
def test_it_predicts_what_the_run_predicted(
    inside: Path, commands: Commands, tmp_path: Path, method: str
) -> None:
    """From the raw texts of test, as they were before `prepare`, in another order."""
    texts = Path("data/raw/tiny/test_text.txt").read_text().splitlines()
    numbers = np.random.default_rng(0).permutation(len(texts))
    table = pd.DataFrame({"id": numbers, "text": [texts[number] for number in numbers]})
    table.to_csv(tmp_path / "texts.csv", index=False)
    output = tmp_path / "out.csv"
    commands.run("predict", "--method", method, *_files(tmp_path / "texts.csv", output))
    found = pd.read_csv(output).sort_values("id")
    assert found.columns.tolist() == [
        "id", "text", "predicted", *(f"probability_{label}" for label in LABELS)
    ]  # fmt: skip
    assert pd.read_csv(output)["text"].tolist() == table["text"].tolist()
    run = inside / f"models/{method}/0"
    expected = read_predictions(run / "predictions/test.parquet").probabilities
    record = read_record(run / "run.json")
    assert record.temperature is not None
    calibrated = rescaled(expected, record.temperature)
    np.testing.assert_allclose(found.iloc[:, 3:], calibrated, atol=1e-5)
    assert found["predicted"].tolist() == [LABELS[n] for n in calibrated.argmax(axis=1)]


def _files(source: Path, output: Path) -> list[str]:
    return ["--input", str(source), "--output", str(output)]


ROWS: list[dict[str, Any]] = [
    {"n": 1, "text": "a lovely day, really", "label": "x"},
    {"n": 2, "text": 'she said "no"\nand left', "label": "y"},
    {"n": 3, "text": "tab\there 😀", "label": "z"},
]


def write(path: Path) -> None:
    table = pd.DataFrame(ROWS)
    match path.suffix:
        case ".csv":
            table.to_csv(path, index=False)
        case ".tsv":
            table.to_csv(path, index=False, sep="\t")
        case ".jsonl":
            table.to_json(path, orient="records", lines=True, force_ascii=False)
        case ".parquet":
            table.to_parquet(path)


def read(path: Path) -> pd.DataFrame:
    match path.suffix:
        case ".csv":
            return pd.read_csv(path)
        case ".tsv":
            return pd.read_csv(path, sep="\t")
        case ".jsonl":
            table = pd.read_json(path, lines=True)
            return table.join(pd.DataFrame(table.pop("probabilities").tolist()))
        case _:
            return pd.read_parquet(path)


ENDINGS = ["csv", "tsv", "jsonl", "parquet"]


def test_every_form_holds_the_same(inside: Path, commands: Commands, tmp_path: Path) -> None:
    """From each to each: the same columns in the same order, and the same predictions."""
    tables = []
    for source in ENDINGS:
        write(tmp_path / f"in.{source}")
        for target in ENDINGS:
            output = tmp_path / f"{source}.{target}"
            commands.run("predict", *_files(tmp_path / f"in.{source}", output))
            tables.append(read(output))
    for table in tables:
        assert table.columns[:4].tolist() == ["n", "text", "label", "predicted"]
        for row, given in zip(table.to_dict("records"), ROWS, strict=True):
            assert {**given, "n": int(row["n"])} == {name: row[name] for name in given} | {
                "n": given["n"]
            }
        assert table["predicted"].tolist() == tables[0]["predicted"].tolist()
        np.testing.assert_allclose(table.iloc[:, 4:], tables[0].iloc[:, 4:], atol=1e-6)
    assert str(pd.read_parquet(tmp_path / "parquet.parquet")["n"].dtype) == "int64"


def test_texts_and_lines(inside: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    told = commands.run("predict", "a lovely day", "two\nlines \x1b[31m")
    assert told.splitlines()[1].endswith(r"  two\nlines \x1b[31m")
    give(monkeypatch, b"a lovely day\r\nsecond\n")
    lines = commands.run("predict", "--format", "jsonl", "--stream").splitlines()
    first = json.loads(lines[0])
    assert first["text"] == "a lovely day"
    assert f"{first['predicted']:8}  {max(first['probabilities'].values()):.3f}" in told
    assert len(lines) == 2


def test_unsure_and_empty_texts_are_left_undecided(
    inside: Path, commands: Commands, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text('text\na\n""\nb\n')
    files = _files(tmp_path / "in.csv", tmp_path / "out.csv")
    assert "in.csv:3 has no text; remove it" in commands.error("predict", *files)
    assert not (tmp_path / "out.csv").exists()
    commands.run("predict", *files, "--allow-empty", "--abstain-below", "1")
    found = pd.read_csv(tmp_path / "out.csv")
    assert found["predicted"].isna().all()
    assert found["probability_neutral"].isna().tolist() == [False, True, False]


def test_a_method_a_seed_and_their_mean(work: Path, commands: Commands, monkeypatch: Any) -> None:
    monkeypatch.chdir(work)
    shutil.copytree("models/lora/0", "models/lora/3")
    shutil.copytree("models/full/0/model", "models/full/1/model")

    def found(*arguments: str) -> dict[str, float]:
        told = commands.run("predict", "so lovely", "--format", "jsonl", *arguments)
        probabilities: dict[str, float] = json.loads(told)["probabilities"]
        return probabilities

    assert found("--method", "lora", "--seed", "3") == found("--method", "lora", "--ensemble")
    assert found("--method", "full") != found("--method", "lora")
    assert "its seeds are 0, 3" in commands.error("predict", "x", "--method", "lora", "--seed", "1")
    assert "there is no model of 'prompt'" in commands.error("predict", "x", "--method", "prompt")
    assert "leave --seed out" in commands.error("predict", "x", "--ensemble", "--seed", "0")
    path = work / "models/lora/0/run.json"
    record = json.loads(path.read_text())
    path.unlink()
    path.write_text(json.dumps({**record, "temperature": None}))
    assert "is of an older textune" in commands.error("predict", "x", "--method", "lora")


@pytest.mark.slow
def test_another_revision(work: Path, commands: Commands, monkeypatch: Any) -> None:
    """Through DVC's cache, without touching the workspace; from a remote if the cache lacks it."""
    monkeypatch.chdir(work)
    here = commands.run("predict", "lovely", "--method", "lora")
    dvc(work, "remote", "add", "-d", "store", str(work.parent / "store"))
    dvc(work, "push", "-q")
    shutil.rmtree("models/lora")
    git(work, "branch", "kept")
    assert "there is no model of 'lora'" in commands.error("predict", "x", "--method", "lora")
    there = ("predict", "lovely", "--method", "lora", "--revision", "kept")
    assert commands.run(*there) == here
    assert not Path("models/lora").exists()
    shutil.rmtree(".dvc/cache/files")
    assert commands.run(*there) == here
    shutil.rmtree(".dvc/cache/files", ignore_errors=True)
    shutil.rmtree(work.parent / "store")
    assert "neither in DVC's cache nor in a remote" in commands.error(*there, code=1)
    told = commands.error("predict", "x", "--revision", "nowhere")
    assert told.startswith("--revision nowhere is no commit")


def test_several_files(inside: Path, commands: Commands, tmp_path: Path) -> None:
    for ending in ("csv", "jsonl"):
        write(tmp_path / f"{ending}.{ending}")
    both = [f"--input={tmp_path}/csv.csv", f"--input={tmp_path}/jsonl.jsonl"]
    assert "name one with --output" in commands.error("predict", *both)
    commands.run("predict", *both, "--output", str(tmp_path / "out"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"csv.csv", "jsonl.jsonl"}
    told = commands.error("predict", both[0], "--output", str(tmp_path / "csv.csv"))
    assert "is what is read" in told
    write(tmp_path / "csv.tsv")
    twice = [both[0], f"--input={tmp_path}/csv.tsv", "--output", str(tmp_path / "out")]
    assert "would go to one file" in commands.error("predict", *twice, "--format", "jsonl")
    for output in ("scored.json", "scored"):
        told = commands.error("predict", both[0], "--output", str(tmp_path / output))
        assert "does not end in .csv, .tsv, .jsonl or .parquet" in told
    assert "is a folder" in commands.error("predict", "x", "--output", str(tmp_path))
    assert "may be auto, cpu or cuda" in commands.error("predict", "x", "--device", "tpu")


def test_a_table_without_rows_keeps_its_columns(
    inside: Path, commands: Commands, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("n,text\n")
    for ending in ("csv", "parquet"):
        output = tmp_path / f"out.{ending}"
        commands.run("predict", *_files(tmp_path / "in.csv", output))
        assert read(output).columns.tolist()[:3] == ["n", "text", "predicted"]


def test_line_ends_in_columns_and_keys_in_another_order(
    inside: Path, commands: Commands, tmp_path: Path
) -> None:
    rows = [{"a": "x\ry", "text": "so\rlovely"}, {"text": "b", "a": "c"}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    commands.run("predict", *_files(tmp_path / "in.jsonl", tmp_path / "out.csv"))
    commands.run("predict", *_files(tmp_path / "in.jsonl", tmp_path / "out.parquet"))
    with (tmp_path / "out.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["a"] for row in found] == ["x\ry", "c"]
    assert [row["text"] for row in found] == ["so\rlovely", "b"]
    assert pd.read_parquet(tmp_path / "out.parquet")["a"].tolist() == ["x\ry", "c"]


def test_a_pipe_is_written_to_and_not_replaced(
    inside: Path, commands: Commands, tmp_path: Path
) -> None:
    commands.run("predict", "x", "--output", "/dev/null")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    told = commands.error("predict", "x", "--format", "parquet", "--output", str(pipe))
    assert told == f"--output: Parquet is written to a file, which {pipe} is not"
    assert pipe.is_fifo()
    assert Path("/dev/null").is_char_device()
