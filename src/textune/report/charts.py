"""Charts as SVG: scores with their intervals, curves of training, and what tuning gained.

They are drawn from a folder of metrics alone, with Vega-Lite, without a browser or a network.
"""

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textune.config.base import UNTRAINED
from textune.errors import UserError
from textune.io import write_text
from textune.metrics.catalog import CATALOG
from textune.metrics.of_classes import title_of
from textune.report.budget import Expected, budget_curves, trials_of
from textune.report.plot_data import CURVES
from textune.report.tables import compared_methods, read_results
from textune.report.titles import interval_title
from textune.stats.results import Comparison, MethodResult

Chart = dict[str, Any]

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
# These kinds have the first colours whatever is compared, so that they look alike in all charts.
_KINDS = ("head", "lora", "adapter", "full")
SHAPES = [
    "circle",
    "square",
    "triangle-up",
    "cross",
    "diamond",
    "triangle-down",
    "triangle-right",
    "triangle-left",
]
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2])
METHOD: Chart = {"field": "method", "type": "nominal", "sort": None, "title": None}


def write_charts(metrics: Path, output: Path) -> list[Path]:
    """Draw scores.svg and curves.svg to the folder `output`, and return their paths.

    Where recipes were tuned, also tuning.svg. Raises `UserError` if a file of `metrics` is missing
    or damaged.
    """
    comparison = read_results(metrics)
    methods = compared_methods(comparison)
    charts = {
        "scores.svg": scores_chart(comparison, methods),
        "curves.svg": curves_chart(comparison, methods, metrics / "curves"),
    }
    trials = trials_of([method.name for method in methods], metrics)
    if trials:
        charts["tuning.svg"] = tuning_chart(comparison, methods, budget_curves(trials))
    for name, chart in charts.items():
        write_svg(output / name, chart)
    return [output / name for name in charts]


def write_svg(path: Path, chart: Mapping[str, Any]) -> None:
    """Draw a Vega-Lite specification, on white; whole or not at all."""
    write_text(path, svg_of(chart))


def svg_of(chart: Mapping[str, Any]) -> str:
    """A Vega-Lite specification as SVG, on white."""
    import vl_convert

    schema = "https://vega.github.io/schema/vega-lite/v5.json"
    specification = json.dumps({"$schema": schema, "background": "white", **chart})
    return str(vl_convert.vegalite_to_svg(specification, vl_version="5.21"))


def line_styles(comparison: Comparison, methods: Sequence[MethodResult]) -> Chart:
    """Encodings of lines by the field `method`, a title, in the order of `methods`.

    A kind of method has one colour. The first declared of a kind is solid, its variants are dashed.
    Points of each method have a shape of their own, for whoever does not see colours.
    """
    styles: dict[str, tuple[str, list[int]]] = {}
    variants: Counter[str] = Counter()
    kinds = list(dict.fromkeys([*_KINDS, *(method.method for method in comparison.methods)]))
    for method in comparison.methods:
        if method.name == UNTRAINED:
            continue  # it is no kind of its own
        colour = _COLOURS[kinds.index(method.method) % len(_COLOURS)]
        styles[method.title] = colour, _DASHES[variants[method.method] % len(_DASHES)]
        variants[method.method] += 1
    titles = [method.title for method in methods]
    colours, dashes = zip(*(styles[title] for title in titles), strict=True)
    legend = {"symbolType": "stroke", "symbolSize": 120, "symbolOpacity": 1}
    line = {**METHOD, "legend": legend}
    return {
        "color": {**line, "scale": {"domain": titles, "range": colours}},
        "strokeDash": {**line, "scale": {"domain": titles, "range": dashes}},
        "shape": {**METHOD, "scale": {"domain": titles, "range": SHAPES}},
    }


def scores_chart(comparison: Comparison, methods: Sequence[MethodResult]) -> Chart:
    """A row a method, a column a metric. The untrained head is far from all others: left out."""
    points = [
        {
            "method": method.title,
            "metric": title_of(metric),
            "score": score.mean,
            **score.answer(comparison.question).model_dump(),
        }
        for method in methods
        for metric, score in method.scores.items()
    ]
    title = f"test, {interval_title(comparison, comparison.question)}"
    axis = {"title": title, "tickCount": 4, "labelFlush": False}
    scale = {"zero": False, "padding": 10}
    score_axis = {"type": "quantitative", "scale": scale, "axis": axis}
    metrics = list(dict.fromkeys(point["metric"] for point in points))
    column = {"field": "metric", "type": "nominal", "title": None, "sort": metrics}
    return {
        "data": {"values": points},
        "facet": {"column": column},
        "spacing": 32,
        "spec": {
            "width": 200,
            "height": {"step": 28},
            "encoding": {"y": METHOD},
            "layer": [
                {
                    "mark": {"type": "rule", "strokeWidth": 2},
                    "encoding": {"x": {"field": "low", **score_axis}, "x2": {"field": "high"}},
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                    "encoding": {"x": {"field": "score", **score_axis}},
                },
            ],
        },
    }


def tuning_chart(
    comparison: Comparison, methods: Sequence[MethodResult], points: Sequence[Expected]
) -> Chart:
    """The expected best score by the operations spent, a line a method."""
    titles = {method.name: method.title for method in methods}
    values = [{**point._asdict(), "method": titles[point.method]} for point in points]
    operations = {"title": "operations spent in trials", "axis": {"format": "~s"}}
    return {
        "width": 400,
        "height": 240,
        "data": {"values": values},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {
                "field": "operations",
                "type": "quantitative",
                "scale": {"type": "log"},
                **operations,
            },
            "y": {
                "field": "accuracy",
                "type": "quantitative",
                "scale": {"zero": False},
                "title": "expected best accuracy on validation",
            },
            **line_styles(comparison, methods),
        },
    }


def curves_chart(comparison: Comparison, methods: Sequence[MethodResult], folder: Path) -> Chart:
    """Validation by epoch, a line a method. The start is far from all that follows: left out."""
    lines = line_styles(comparison, methods)
    epoch = {"field": "epoch", "type": "ordinal", "axis": {"labelAngle": 0}}
    return {
        "hconcat": [
            {
                "width": 300,
                "height": 240,
                "data": {"values": _read_curves(folder / f"{metric}.csv", methods)},
                "mark": {"type": "line", "point": True},
                "encoding": {
                    "x": epoch,
                    "y": {
                        "field": metric,
                        "type": "quantitative",
                        "scale": {"zero": False},
                        "title": f"{CATALOG[metric].title} on validation",
                    },
                    **lines,
                },
            }
            for metric in CURVES
        ]
    }


def _read_curves(path: Path, methods: Sequence[MethodResult]) -> list[dict[str, Any]]:
    """The points of `methods` without the start, in the order of `methods`."""
    order = {method.title: number for number, method in enumerate(methods)}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            points = [
                {"method": title, "epoch": int(epoch), path.stem: float(value)}
                for title, epoch, value in list(csv.reader(file))[1:]
                if epoch != "0"
            ]
        return sorted(points, key=lambda point: order[str(point["method"])])
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `dvc repro`, or fetch it with git") from None
    except ValueError:
        raise UserError(f"{path} is no curve: run `dvc repro`") from None
    except KeyError as error:
        raise UserError(
            f"{path} has a method {error} that comparison.json has not: run `dvc repro`"
        ) from None
