"""Learning curves over training size, from DVC's experiments: scores with intervals, as SVG.

The experiments are those of `dvc exp run -S data.max_train_examples=…`. Points come from the
workspace, its commit and every experiment with the same code, the same raw data and the same
parameters but for the training size.
"""

import csv
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from textune.config.base import UNTRAINED
from textune.errors import UserError
from textune.io import write_csv
from textune.metrics.of_classes import title_of
from textune.report.charts import Chart, line_styles, write_svg
from textune.report.titles import interval_title
from textune.stats.comparison_file import from_json
from textune.stats.results import Comparison

_SIZE = ("data", "max_train_examples")
# What a model learns does not depend on these.
_IRRELEVANT = ("search", "titles")
# Stages whose code and raw data decide what a model learns.
_LEARNING = ("prepare", "train_")
_MADE = ("data/prepared", "models")
_NUMBERS = ("score", "low", "high")


class Point(NamedTuple):
    """A method, by its title, at a training size: its score with the interval of the verdicts."""

    method: str
    examples: int
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class Curves:
    """The points by method and size; `comparison` is the workspace's."""

    comparison: Comparison
    points: list[Point]


@dataclass(frozen=True)
class _Revision:
    """What a revision learned from: parameters and inputs but for the size; and its results."""

    learned_from: dict[str, Any]
    examples: int
    comparison: Comparison


def learning_curves() -> Curves:
    """The points of the workspace's repository. Raises `UserError` if there are not two sizes."""
    workspace = _read(None)
    by_size = {workspace.examples: workspace}
    for commit in ["HEAD", *_experiments()]:
        try:
            revision = _read(commit)
        except UserError:
            continue  # it failed, or was made by another version
        if revision.learned_from == workspace.learned_from:
            by_size.setdefault(revision.examples, revision)
    if len(by_size) < 2:
        raise UserError(
            "there is one training size only; run others with"
            " `dvc exp run -S data.max_train_examples=1000`, and the same with other numbers"
        )
    points = [
        point
        for method in workspace.comparison.methods
        if method.name != UNTRAINED  # it learns from no example
        for size in sorted(by_size)
        for point in _points(by_size[size], method.name, method.title)
    ]
    return Curves(workspace.comparison, points)


def write_learning_curves(curves: Curves, path: Path) -> None:
    """Write `path`, the chart as SVG, and the points beside it as CSV."""
    write_csv(path.with_suffix(".csv"), Point._fields, curves.points)
    write_svg(path, chart(curves))


def read_points(path: Path) -> list[Point]:
    """What `write_learning_curves` wrote as CSV. Raises `UserError` if it is something else."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                Point(row["method"], int(row["examples"]), *(float(row[key]) for key in _NUMBERS))
                for row in csv.DictReader(file)
            ]
    except (KeyError, ValueError, TypeError):
        raise UserError(f"{path} is no learning curve: run `textune learning-curve`") from None


def chart(curves: Curves) -> Chart:
    """A line and a band for each method."""
    comparison = curves.comparison
    drawn = {point.method for point in curves.points}
    methods = [method for method in comparison.methods if method.title in drawn]
    size = {
        "field": "examples",
        "type": "quantitative",
        "title": "training examples",
        "scale": {"type": "log", "nice": False, "padding": 12},
    }
    lines = line_styles(comparison, methods)
    title = (
        f"{title_of(comparison.metric)} on test, {interval_title(comparison, comparison.question)}"
    )
    y: Chart = {"type": "quantitative", "title": title, "scale": {"zero": False}}
    return {
        "width": 480,
        "height": 320,
        "data": {"values": [point._asdict() for point in curves.points]},
        "encoding": {"x": size, "color": lines["color"]},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.15},
                "encoding": {"y": {"field": "low", **y}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "y": {"field": "score", **y},
                    "strokeDash": lines["strokeDash"],
                    "shape": lines["shape"],
                },
            },
        ],
    }


def _experiments() -> list[str]:
    """The commits of the repository's experiments."""
    from dvc.repo import Repo

    with Repo() as repo:
        by_parent: Mapping[str, list[tuple[str, str]]] = repo.experiments.ls(all_commits=True)
    return [commit for experiments in by_parent.values() for _, commit in experiments]


def _read(commit: str | None) -> _Revision:
    """A commit, or the workspace. Raises `UserError` if it has no results of this version."""
    place = commit or "the workspace"
    yaml = YAML(typ="safe", pure=True)
    try:
        params = yaml.load(_content("params.yaml", commit))
        inputs = _inputs(yaml.load(_content("dvc.lock", commit))["stages"])
        data = json.loads(_content("metrics/data.json", commit))
        comparison = json.loads(_content("metrics/comparison.json", commit))
        examples = int(data["kept"]["train"]["examples"])
        return _Revision({**_fixed(params), "inputs": inputs}, examples, from_json(comparison))
    except (subprocess.CalledProcessError, OSError) as error:
        raise UserError(f"{place} has no results: run `dvc repro`") from error
    except (KeyError, TypeError, ValueError, AttributeError, YAMLError) as error:
        raise UserError(
            f"{place} has results of another version of textune: run `dvc repro`"
        ) from error


def _content(path: str, commit: str | None) -> str:
    """A file of the project, which may be a folder of a larger repository."""
    if commit is None:
        return Path(path).read_text(encoding="utf-8")
    command = ["git", "show", f"{commit}:./{path}"]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def _inputs(stages: Mapping[str, Any]) -> dict[str, str]:
    """The code and raw data behind the models, with their hashes, by path."""
    return {
        dependency["path"]: str(dependency)
        for name, stage in stages.items()
        if name.startswith(_LEARNING)
        for dependency in stage["deps"]
        if not dependency["path"].startswith(_MADE)
    }


def _fixed(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that all points of a curve share."""
    section, key = _SIZE
    relevant = {name: value for name, value in params.items() if name not in _IRRELEVANT}
    return {**relevant, section: {k: v for k, v in params[section].items() if k != key}}


def _points(revision: _Revision, name: str, title: str) -> Iterator[Point]:
    comparison = revision.comparison
    for method in comparison.methods:
        if method.name == name:
            score = method.scores[comparison.metric]
            interval = score.answer(comparison.question)
            yield Point(title, revision.examples, score.mean, interval.low, interval.high)
