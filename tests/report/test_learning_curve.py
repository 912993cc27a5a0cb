"""Curves over training size: which revisions give points, and what is drawn and written."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.fake_runs import load, settings, write_models
from tests.tiny import git
from textune.errors import UserError
from textune.io import write_json
from textune.report.learning_curve import Curves, Point, learning_curves, write_learning_curves
from textune.stats.comparison import compare
from textune.stats.comparison_file import from_json, to_json
from textune.stats.results import Comparison, Question

LOCK: dict[str, Any] = {
    "prepare": {"deps": [{"path": "data/raw/a.csv", "md5": "1"}]},
    "train_lora@lora-0": {
        "deps": [{"path": "src/train.py", "md5": "2"}, {"path": "data/prepared", "md5": "3"}]
    },
    "evaluate": {"deps": [{"path": "src/evaluation.py", "md5": "4"}]},
}
PARAMS: dict[str, Any] = {
    "data": {"source": "files", "max_train_examples": None},
    "lora": {"r": 8},
    "search": {"max_train_examples": 10},
    "titles": {},
}


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Three seeds: the two questions have other intervals."""
    folder = tmp_path_factory.mktemp("models")
    write_models(folder, [0, 1, 2])
    return compare(load(folder, [0, 1, 2]), settings(metric="macro_f1"))


def make_project(folder: Path) -> Path:
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc/config").touch()
    return folder


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make_project(tmp_path / "repository")
    git(folder, "init", "-q", "-b", "main")
    monkeypatch.chdir(folder)
    return folder


def write(
    folder: Path, size: int, comparison: Comparison, lock: Any = LOCK, params: Any = PARAMS
) -> None:
    """The results of one training size, as a run of the pipeline leaves them."""
    values = {**params, "data": {**params["data"], "max_train_examples": size}}
    YAML().dump(values, folder / "params.yaml")
    YAML().dump({"schema": "2.0", "stages": lock}, folder / "dvc.lock")
    write_json(folder / "metrics/data.json", {"kept": {"train": {"examples": size}}})
    write_json(folder / "metrics/comparison.json", to_json(comparison))


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "results")


def test_points_have_the_scores_and_intervals_of_the_verdicts(
    repository: Path, comparison: Comparison
) -> None:
    write(repository, 1000, comparison)
    commit(repository)
    write(repository, 200, comparison)
    curves = learning_curves()
    sizes = [(point.method, point.examples) for point in curves.points]
    titles = ["trained head (baseline)", "LoRA", "full fine-tuning"]
    assert sizes == [(title, size) for title in titles for size in (200, 1000)]
    score = comparison.method("lora").scores["macro_f1"]
    assert score.over_seeds is not None
    expected = (score.mean, score.over_seeds.low, score.over_seeds.high)
    assert [point[2:] for point in curves.points if point.method == "LoRA"] == [expected] * 2


def test_the_project_may_be_a_folder_of_a_larger_repository(
    repository: Path, comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(repository / "ml" / "textune")
    monkeypatch.chdir(project)
    write(project, 1000, comparison)
    commit(repository)
    write(project, 200, comparison)
    assert {point.examples for point in learning_curves().points} == {200, 1000}


@pytest.mark.parametrize(
    ("stage", "path", "counts"),
    [
        ("prepare", "data/raw/a.csv", True),
        ("train_lora@lora-0", "src/train.py", True),
        # It follows from the size.
        ("train_lora@lora-0", "data/prepared", False),
        ("evaluate", "src/evaluation.py", False),
    ],
)
def test_a_revision_of_other_data_or_code_is_no_point(
    repository: Path, comparison: Comparison, stage: str, path: str, counts: bool
) -> None:
    changed = json.loads(json.dumps(LOCK))
    for dependency in changed[stage]["deps"]:
        if dependency["path"] == path:
            dependency["md5"] = "changed"
    assert changed != LOCK
    write(repository, 1000, comparison, lock=changed)
    commit(repository)
    write(repository, 200, comparison)
    if counts:
        with pytest.raises(UserError, match="there is one training size only"):
            learning_curves()
    else:
        assert {point.examples for point in learning_curves().points} == {200, 1000}


@pytest.mark.parametrize(
    ("section", "value", "counts"),
    [
        ("lora", {"r": 4}, True),
        ("data", {"source": "hub", "max_train_examples": None}, True),
        ("search", {"max_train_examples": 99}, False),
        ("titles", {"lora": "another"}, False),
    ],
)
def test_a_revision_of_other_parameters_is_no_point(
    repository: Path, comparison: Comparison, section: str, value: Any, counts: bool
) -> None:
    write(repository, 1000, comparison, params={**PARAMS, section: value})
    commit(repository)
    write(repository, 200, comparison)
    if counts:
        with pytest.raises(UserError, match="there is one training size only"):
            learning_curves()
    else:
        assert {point.examples for point in learning_curves().points} == {200, 1000}


def test_results_of_another_version_are_no_point_and_not_the_workspaces(
    repository: Path, comparison: Comparison
) -> None:
    write(repository, 1000, comparison)
    write_json(repository / "metrics/comparison.json", {"choice": {}})
    commit(repository)
    with pytest.raises(UserError, match="the workspace has results of another version"):
        learning_curves()
    write(repository, 200, comparison)
    with pytest.raises(UserError, match="there is one training size only"):
        learning_curves()


def test_chart_and_points(comparison: Comparison, tmp_path: Path) -> None:
    points = [
        Point("LoRA", 100, 0.6, 0.57, 0.63),
        Point("LoRA", 1000, 0.7, 0.68, 0.72),
        Point("full fine-tuning", 100, 0.5, 0.46, 0.54),
        Point("full fine-tuning", 1000, 0.71, 0.7, 0.72),
    ]
    fixed = {**to_json(comparison), "question": Question.FIXED_MODELS.value}
    for content, told in ((to_json(comparison), "over seeds"), (fixed, "fixed models")):
        write_learning_curves(Curves(from_json(content), points), tmp_path / "curve.svg")
        chart = (tmp_path / "curve.svg").read_text()
        assert chart.startswith("<svg")
        title = f"macro F1 on test, {told}, 90 % interval"
        for text in ("LoRA", "full fine-tuning", "training examples", title):
            assert text in chart
        assert "trained head" not in chart
    with (tmp_path / "curve.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            Point(row["method"], int(row["examples"]), *map(float, list(row.values())[2:]))
            for row in csv.DictReader(file)
        ]
    assert rows == points
