"""A training that went wrong is told where its figures are."""

from pathlib import Path

import pytest

from tests.fake_runs import load, settings, write_models
from textune.report.tables import print_table
from textune.report.writing import write_results
from textune.runs.record import read_record
from textune.runs.store import RunFolder


def test_a_training_that_went_wrong_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the record of the run to the table."""
    write_models(tmp_path / "models")
    folder = RunFolder.of(tmp_path / "models", "lora", 1)
    record = read_record(folder.record)
    folder.write_record(record.model_copy(update={"doubts": ["loss ended at 37"]}))
    write_results(load(tmp_path / "models", [0, 1]), settings(), tmp_path / "metrics")
    print_table(tmp_path / "metrics")
    assert "Doubtful: LoRA, seed 1: loss ended at 37.\n" in capsys.readouterr().out
