"""The scores with their intervals, and the curves of training, drawn from a folder of metrics."""

import csv
from pathlib import Path
from typing import Any

from textune.errors import UserError
from textune.files import read_json
from textune.methods import METHOD_NAMES
from textune.results.names import TITLES, UNTRAINED, row_name
from textune.results.svg import write_svg

_CURVES = {"accuracy": "accuracy", "loss": "cross-entropy"}
_METHOD: dict[str, Any] = {"field": "method", "type": "nominal", "sort": None, "title": None}
# Vega's scheme tableau10.
_COLOURS = (
    "#4c78a8",
    "#f58518",
    "#e45756",
    "#72b7b2",
    "#54a24b",
    "#eeca3b",
    "#b279a2",
    "#ff9da6",
    "#9d755d",
    "#bab0ac",
)
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2])


def draw(metrics: Path, output: Path) -> list[Path]:
    """Draw scores.svg and curves.svg to the folder `output`, and return their paths.

    Raises `UserError` if a file of `metrics` is missing or damaged.
    """
    pictures = {"scores.svg": _scores(metrics), "curves.svg": _curves(metrics)}
    for name, picture in pictures.items():
        write_svg(output / name, picture)
    return [output / name for name in pictures]


def _scores(metrics: Path) -> dict[str, Any]:
    """A row a method, a column a metric; the untrained head is far from all others, so left out."""
    cost, comparison = (read_json(metrics / f"{name}.json") for name in ("cost", "comparison"))
    question = comparison["question"]
    points = [
        {
            "method": row_name(method, round(cost[method]["trainable_parameters"])),
            "metric": TITLES[metric],
            "score": scores["mean"],
            **scores[question],
        }
        for method in sorted(cost, key=lambda method: cost[method]["trainable_parameters"])
        if method != UNTRAINED
        for metric, scores in comparison["methods"][method].items()
    ]
    about = {"method": "the method", "models": "these models"}[question]
    title = f"test, {100 * comparison['confidence']:g} % interval of {about}"
    axis = {"title": title, "tickCount": 4}
    score = {"type": "quantitative", "scale": {"zero": False}, "axis": axis}
    column = {"field": "metric", "type": "nominal", "title": None, "sort": list(TITLES.values())}
    return {
        "data": {"values": points},
        "facet": {"column": column},
        "resolve": {"scale": {"x": "independent"}},
        "spec": {
            "width": 200,
            "height": {"step": 28},
            "encoding": {"y": _METHOD},
            "layer": [
                {
                    "mark": {"type": "rule", "strokeWidth": 2},
                    "encoding": {"x": {"field": "low", **score}, "x2": {"field": "high"}},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                    "encoding": {"x": {"field": "score", **score}},
                },
            ],
        },
    }


def _curves(metrics: Path) -> dict[str, Any]:
    """Validation by epoch, a line a method. The start is far from all that follows: left out."""
    points = {name: _read_curve(metrics / f"curves/{name}.csv") for name in _CURVES}
    lines = _lines(list(dict.fromkeys(point["method"] for point in points["accuracy"])))
    epoch = {"field": "epoch", "type": "ordinal", "axis": {"labelAngle": 0}}
    return {
        "hconcat": [
            {
                "width": 300,
                "height": 240,
                "data": {"values": points[name]},
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": epoch,
                    "y": {
                        "field": name,
                        "type": "quantitative",
                        "scale": {"zero": False},
                        "title": f"{title} on validation",
                    },
                    **lines,
                },
            }
            for name, title in _CURVES.items()
        ]
    }


def _lines(rows: list[str]) -> dict[str, Any]:
    """A method has one colour in all pictures, and other runs of it are dashed."""
    methods = [row.partition(", ")[0] for row in rows]
    known = list(dict.fromkeys([*map(row_name, METHOD_NAMES), *methods]))
    colours = [_COLOURS[known.index(method) % len(_COLOURS)] for method in methods]
    earlier = [methods[:number].count(method) for number, method in enumerate(methods)]
    dashes = [_DASHES[count % len(_DASHES)] for count in earlier]
    line = {**_METHOD, "legend": {"symbolType": "stroke", "symbolSize": 300}}
    return {
        "color": {**line, "scale": {"domain": rows, "range": colours}},
        "strokeDash": {**line, "scale": {"domain": rows, "range": dashes}},
    }


def _read_curve(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {"method": method, "epoch": int(epoch), path.stem: float(value)}
                for method, epoch, value in list(csv.reader(file))[1:]
                if epoch != "0"
            ]
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `dvc repro`, or fetch it with git") from None
    except ValueError:
        raise UserError(f"{path} is no curve: run `dvc repro`") from None
