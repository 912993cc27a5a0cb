"""Pictures of what the methods get right: confusions, calibration, parts of test."""

from collections.abc import Mapping, Sequence
from typing import Any

from textune.config.base import UNTRAINED
from textune.report.charts import METHOD, Chart, line_styles, svg_of
from textune.report.page.picture import Picture
from textune.stats.results import Comparison, MethodResult


def confusion(comparison: Comparison, rows: Sequence[Mapping[str, str]]) -> Picture:
    title = comparison.method(comparison.recommendation.method).title
    own = [row for row in rows if row["method"] == title]
    cells = [{**row, "share": float(row["share"])} for row in own]
    classes = list(dict.fromkeys(row["actual"] for row in own))
    axes = {"type": "nominal", "sort": classes, "axis": {"labelAngle": -40, "labelLimit": 140}}
    layers: list[Chart] = [
        {
            "mark": "rect",
            "encoding": {
                "color": {
                    "field": "share",
                    "type": "quantitative",
                    "scale": {"scheme": "blues", "domain": [0, 1]},
                    "title": "share",
                }
            },
        }
    ]
    few = len(classes) <= 12
    if few:
        dark = {"condition": {"test": "datum.share > 0.5", "value": "white"}, "value": "black"}
        text = {"field": "share", "type": "quantitative", "format": ".2f"}
        layers.append({"mark": "text", "encoding": {"text": text, "color": dark}})
    worst = max((one for one in cells if one["actual"] != one["predicted"]), key=_share)
    chart = {
        "width": {"step": 56 if few else 16},
        "height": {"step": 36 if few else 16},
        "data": {"values": cells},
        "encoding": {"x": {"field": "predicted", **axes}, "y": {"field": "actual", **axes}},
        "layer": layers,
    }
    return Picture(
        "confusion",
        f"Confusions of {title}",
        f"Where each actual class goes on test, as shares of it. The most frequent confusion is"
        f" {worst['actual']} taken for {worst['predicted']}: {_share(worst):.1%}.",
        svg_of(chart),
        ["actual", "predicted", "share"],
        [[row["actual"], row["predicted"], row["share"]] for row in own if float(row["share"])],
    )


def _share(cell: Mapping[str, Any]) -> float:
    return float(cell["share"])


def reliability(
    comparison: Comparison, methods: Sequence[MethodResult], rows: Sequence[Mapping[str, str]]
) -> Picture:
    titles = {method.title for method in methods}
    own = [row for row in rows if row["method"] in titles]
    points = [
        {"method": row["method"], **{key: float(row[key]) for key in ("confidence", "accuracy")}}
        for row in own
    ]
    scale = {"domain": [0, 1]}
    chart = {
        "width": 320,
        "height": 320,
        "layer": [
            {
                "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
                "mark": {"type": "line", "color": "#888", "strokeDash": [2, 2]},
                "encoding": {
                    "x": {"field": "x", "type": "quantitative"},
                    "y": {"field": "y", "type": "quantitative"},
                },
            },
            {
                "data": {"values": points},
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": {
                        "field": "confidence",
                        "type": "quantitative",
                        "scale": scale,
                        "title": "probability of the predicted class",
                    },
                    "y": {
                        "field": "accuracy",
                        "type": "quantitative",
                        "scale": scale,
                        "title": "how often it is right",
                    },
                    **line_styles(comparison, methods),
                },
            },
        ],
    }
    return Picture(
        "reliability",
        "Calibration before the temperature",
        "How often predictions are right, by how probable the model says they are. Below the"
        " dotted line a model is too sure. The table of calibration has the errors before and after"
        " the temperature.",
        svg_of(chart),
        ["method", "confidence", "accuracy", "share of test"],
        [[row[key] for key in ("method", "confidence", "accuracy", "share")] for row in own],
    )


def slices(comparison: Comparison, slices: Mapping[str, Any]) -> Picture:
    name = comparison.recommendation.method
    title = comparison.method(name).title
    parts = [
        {"part": part.replace("_", " "), "examples": of["examples"], **of[name]}
        for part, of in slices.items()
        if name in of and name != UNTRAINED
    ]
    x = {"type": "quantitative", "scale": {"zero": False}, "title": "accuracy"}
    row = {**METHOD, "field": "part", "axis": {"labelLimit": 300}}
    chart = {
        "width": 360,
        "height": {"step": 22},
        "data": {"values": parts},
        "encoding": {"y": row},
        "layer": [
            {"mark": "rule", "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}}},
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": {"field": "accuracy", **x}},
            },
        ],
    }
    worst = min(parts, key=lambda one: float(one["accuracy"]), default=None)
    said = f" It is lowest on {worst['part']}: {worst['accuracy']:.3f}." if worst else ""
    return Picture(
        "slices",
        f"Parts of test, {title}",
        f"Accuracy on parts of test, with intervals.{said}",
        svg_of(chart) if parts else "",
        ["part", "examples", "accuracy", "low", "high"],
        [
            [p["part"], f"{p['examples']:,}", *(f"{p[k]:.3f}" for k in ("accuracy", "low", "high"))]
            for p in parts
        ],
    )
