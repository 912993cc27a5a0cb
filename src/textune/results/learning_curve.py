"""Learning curves over training size, from DVC's experiments: scores with intervals, drawn as SVG.

The experiments are those of `dvc exp run -S data.max_train_examples=…`: the workspace, its commit
and every experiment that has the workspace's raw data and code, and whose parameters differ from
the workspace's in nothing but that size.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from textune.errors import UserError
from textune.results.csv_files import write_csv
from textune.results.metrics import DIGITS
from textune.results.names import TITLES, UNTRAINED, row_name
from textune.results.svg import write_svg

_SIZE = ("data", "max_train_examples")
# With how many rows a model trains does not depend on these.
_OTHERS = ("search",)
# Steps whose code and raw data decide what a model learns.
_LEARNING = ("prepare", "train_")
_MADE = ("data/prepared", "models")
_FILES = ("metrics/comparison.json", "metrics/cost.json", "metrics/data.json")


class Point(NamedTuple):
    """A method's score at a training size, with the interval that its verdicts use."""

    method: str
    rows: int
    score: float
    low: float
    high: float


class Curves(NamedTuple):
    """The points by method and size; the metric and what the intervals are about."""

    metric: str
    question: str
    points: list[Point]


def learning_curves() -> Curves:
    """The points of the workspace's repository. Raises `UserError` if there are not two sizes."""
    wanted, results = _results(None)
    found = {_rows(results): results}
    for revision in ["HEAD", *_experiments()]:
        try:
            params, others = _results(revision)
        except UserError:
            continue  # it failed, or is older than these metrics
        if _comparable(params) == _comparable(wanted):
            found.setdefault(_rows(others), others)
    if len(found) < 2:
        raise UserError(
            "there is one training size only; run others with"
            " `dvc exp run -S data.max_train_examples=1000`, and the same with other numbers"
        )
    points = [point for rows in sorted(found) for point in _points(found[rows])]
    comparison = results["metrics/comparison.json"]
    order = list(dict.fromkeys(point.method for point in points))
    points.sort(key=lambda point: (order.index(point.method), point.rows))
    return Curves(comparison["metric"], comparison["question"], points)


def write_learning_curves(curves: Curves, path: Path) -> None:
    """Write `path`, the picture as SVG, and the points beside it as CSV."""
    write_csv(path.with_suffix(".csv"), Point._fields, curves.points)
    write_svg(path, _picture(curves))


def _experiments() -> list[str]:
    """The commits of the repository's experiments."""
    from dvc.repo import Repo

    with Repo() as repo:
        by_parent: Mapping[str, list[tuple[str, str]]] = repo.experiments.ls(all_commits=True)
    return [commit for found in by_parent.values() for _, commit in found]


def _results(revision: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the metrics of a revision, or of the workspace."""
    import dvc.api
    from dvc.exceptions import DvcException

    try:
        params = dvc.api.params_show("params.yaml", rev=revision)
        params["deps"] = _inputs(dvc.api.read("dvc.lock", rev=revision))
        files = {name: json.loads(dvc.api.read(name, rev=revision)) for name in _FILES}
    except (DvcException, OSError, ValueError) as error:
        raise UserError(f"{revision or 'the workspace'} has no results: run `dvc repro`") from error
    if "question" not in files["metrics/comparison.json"]:
        raise UserError(f"{revision or 'the workspace'} has results of an older textune")
    return params, files


def _inputs(lock: str) -> dict[str, str]:
    """The hashes of the code and raw data behind the models, by path."""
    stages = YAML(typ="safe", pure=True).load(lock)["stages"]
    return {
        dep["path"]: str(dep)
        for name, stage in stages.items()
        if name.startswith(_LEARNING)
        for dep in stage["deps"]
        if not dep["path"].startswith(_MADE)
    }


def _comparable(params: Mapping[str, Any]) -> dict[str, Any]:
    section, key = _SIZE
    same = {name: value for name, value in params.items() if name not in _OTHERS}
    return {**same, section: {k: v for k, v in params[section].items() if k != key}}


def _rows(results: Mapping[str, Any]) -> int:
    return int(results["metrics/data.json"]["kept"]["train"]["rows"])


def _points(results: Mapping[str, Any]) -> Iterator[Point]:
    comparison, cost = results["metrics/comparison.json"], results["metrics/cost.json"]
    for method, by_metric in comparison["methods"].items():
        if method == UNTRAINED:
            continue  # it learns from no row
        numbers = by_metric[comparison["metric"]]
        bounds = numbers[comparison["question"]]
        yield Point(
            row_name(method, round(cost[method]["trainable_parameters"])),
            _rows(results),
            *(round(x, DIGITS) for x in (numbers["mean"], bounds["low"], bounds["high"])),
        )


def _picture(curves: Curves) -> dict[str, Any]:
    """A line and a band for each method, as Vega-Lite."""
    about = {"method": "of the method", "models": "of these trained models"}[curves.question]
    size = {
        "field": "rows",
        "type": "quantitative",
        "title": "rows of train",
        "scale": {"type": "log", "nice": False, "padding": 12},
    }
    color = {"field": "method", "type": "nominal", "sort": None}
    scale = {"zero": False}
    title = f"{TITLES[curves.metric]} on test, interval {about}"
    return {
        "width": 480,
        "height": 320,
        "data": {"values": [point._asdict() for point in curves.points]},
        "encoding": {"x": size, "color": color},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.15},
                "encoding": {
                    "y": {"field": "low", "type": "quantitative", "title": title, "scale": scale},
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "line", "point": True},
                "encoding": {"y": {"field": "score", "type": "quantitative", "title": title}},
            },
        ],
    }
