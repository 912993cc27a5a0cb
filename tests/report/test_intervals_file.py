"""intervals.json: a flat record for each method and metric."""

import json
from pathlib import Path

from tests.fake_runs import settings
from textune.io import read_json
from textune.report.writing import write_results
from textune.runs.store import RunSet

METRICS = ["log_loss", "calibration_error", "recall_very_negative", "recall_neutral"]


def test_every_method_and_metric_has_a_record(runs: RunSet, tmp_path: Path) -> None:
    """With two seeds the intervals are of fixed models, as the verdicts are."""
    write_results(runs, settings(), tmp_path)
    records = json.loads((tmp_path / "intervals.json").read_text(encoding="utf-8"))
    assert [(record["method"], record["metric"]) for record in records] == [
        (name, metric) for name in runs for metric in [*METRICS, "recall_class_2"]
    ]
    quality = read_json(tmp_path / "quality.json")
    for record in records:
        assert record["mean"] == quality[record["method"]][record["metric"]]
        assert 0 <= record["low"] < record["mean"] < record["high"]
        assert record["test_sd"] > 0
        assert record["seed_sd"] >= 0
        assert record["question"] == "fixed_models"
        assert len(record) == 8
