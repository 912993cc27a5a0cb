"""What DVC shows: the numbers of the comparison, a file for each and a key for each method."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_runs import TRAINED, settings
from textune.config.sections import EvaluateParams
from textune.report.at_a_glance import recommended, write_at_a_glance
from textune.report.scores import quality
from textune.runs.store import RunSet
from textune.stats.comparison import compare


def written(runs: RunSet, asked: EvaluateParams, folder: Path) -> dict[str, Any]:
    write_at_a_glance(runs, compare(runs, asked), asked, folder)
    files = folder.rglob("*.json")
    return {path.relative_to(folder).as_posix(): json.loads(path.read_text()) for path in files}


def test_the_numbers_are_those_of_the_comparison(runs: RunSet, tmp_path: Path) -> None:
    asked = settings()
    files = written(runs, asked, tmp_path)
    comparison = compare(runs, asked)
    for metric in ("accuracy", "macro_recall", "macro_f1"):
        for name in TRAINED:
            interval = comparison.method(name).scores[metric].answer(comparison.question)
            half = (interval.high - interval.low) / 2
            assert files[f"test/{metric}_pm.json"][name] == pytest.approx(half, abs=1e-4)
            for split, folder in (("test", "test"), ("validation", "val")):
                mean = quality(runs, split)[name][metric]  # type: ignore[arg-type]
                assert files[f"{folder}/{metric}.json"][name] == pytest.approx(mean, abs=1e-4)
    assert files["parameters.json"] == TRAINED
    assert 0 < files["val/accuracy_pm.json"]["lora"] < 0.2
    best = comparison.recommendation.method
    assert files["recommended.json"] == {
        "recommended": recommended(comparison),
        "accuracy": files["test/accuracy.json"][best],
    }


def test_the_metric_that_decides_is_there_and_an_earlier_one_is_not(
    runs: RunSet, tmp_path: Path
) -> None:
    assert "test/f1_of_neutral.json" in written(runs, settings(metric="f1_of:neutral"), tmp_path)
    files = written(runs, settings(), tmp_path)
    assert not [name for name in files if "f1_of" in name]


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"settled": True}, "settled"),
        ({"settled": False}, "not settled"),
        ({"settled": False, "withheld": True}, "withheld"),
    ],
)
def test_what_is_known_of_the_recommended_method(
    runs: RunSet, changes: dict[str, bool], known: str
) -> None:
    comparison = compare(runs, settings())
    advice = comparison.recommendation.model_copy(update=changes)
    changed = comparison.model_copy(update={"recommendation": advice})
    assert recommended(changed) == f"{advice.method}, {known}"
