"""Pictures of the methods: scores, differences of pairs, quality against cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from textune.metrics.of_classes import title_of
from textune.report.advice import points
from textune.report.charts import line_styles, scores_chart, svg_of
from textune.report.page.picture import Picture
from textune.report.titles import interval_title
from textune.stats.results import Comparison, MethodResult


def scores(comparison: Comparison, methods: Sequence[MethodResult]) -> Picture:
    rows = []
    for method in methods:
        for metric, score in method.scores.items():
            interval = score.answer(comparison.question)
            numbers = [score.mean, interval.low, interval.high]
            rows.append([method.title, title_of(metric), *(f"{one:.4f}" for one in numbers)])
    best = max(methods, key=lambda one: one.scores[comparison.metric].mean)
    asked = interval_title(comparison, comparison.question)
    return Picture(
        "scores",
        "Scores on test",
        f"Means over seeds, each with its interval ({asked})."
        f" {best.title} has the highest {title_of(comparison.metric)}:"
        f" {best.scores[comparison.metric].mean:.3f}.",
        svg_of(scores_chart(comparison, methods)),
        ["method", "metric", "score", "low", "high"],
        rows,
    )


def differences(comparison: Comparison) -> Picture:
    metric = comparison.metric
    rows: list[dict[str, Any]] = []
    for pair in comparison.pairs:
        difference = pair.differences[metric]
        test = difference.answer(comparison.question)
        titles = [comparison.method(name).title for name in (pair.first, pair.second)]
        rows.append(
            {
                "pair": " minus ".join(titles),
                "points": 100 * difference.difference,
                "low": 100 * test.low,
                "high": 100 * test.high,
                "verdict": str(difference.verdict),
            }
        )
    row = {"field": "pair", "type": "nominal", "sort": None, "title": None}
    axis = {"labelLimit": 400}
    x = {"type": "quantitative", "title": f"{title_of(metric)}, difference in points"}
    chart = {
        "width": 420,
        "height": {"step": 24},
        "data": {"values": rows},
        "layer": [
            {"mark": {"type": "rule", "color": "#888"}, "encoding": {"x": {"datum": 0, **x}}},
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {
                    "y": {**row, "axis": axis},
                    "x": {"field": "low", **x},
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"y": {**row, "axis": axis}, "x": {"field": "points", **x}},
            },
        ],
    }
    return Picture(
        "differences",
        "Differences of pairs",
        f"Each pair's difference in {title_of(metric)} with its interval"
        f" ({interval_title(comparison, comparison.question)}). One that holds 0 leaves open"
        f" which is better; the margin is {points(comparison.noninferiority_margin)}.",
        svg_of(chart),
        ["pair", "points", "low", "high", "verdict"],
        [
            [p["pair"], *(f"{p[key]:+.2f}" for key in ("points", "low", "high")), p["verdict"]]
            for p in rows
        ],
    )


def cost(
    comparison: Comparison, methods: Sequence[MethodResult], costs: Mapping[str, Any]
) -> Picture:
    rows = []
    for method in methods:
        score = method.scores[comparison.metric]
        interval = score.answer(comparison.question)
        rows.append(
            {
                "method": method.title,
                "parameters": max(1, costs[method.name]["trainable_parameters"]),
                "score": score.mean,
                "low": interval.low,
                "high": interval.high,
            }
        )
    best_so_far, front = 0.0, []
    for point in sorted(rows, key=lambda one: one["parameters"]):
        if point["score"] > best_so_far:
            best_so_far = point["score"]
            front.append(point["method"])
    x = {
        "field": "parameters",
        "type": "quantitative",
        "scale": {"type": "log", "padding": 30},
        "axis": {"format": "~s", "tickCount": 6},
        "title": "trained parameters",
    }
    y = {"type": "quantitative", "scale": {"zero": False}, "title": title_of(comparison.metric)}
    # A shape as well as a colour tells methods apart; beside the points, names would overlap.
    styles = line_styles(comparison, methods)
    chart = {
        "width": 460,
        "height": 260,
        "data": {"values": rows},
        "encoding": {"x": x, "color": {**styles["color"], "legend": {"symbolSize": 80}}},
        "layer": [
            {"mark": "rule", "encoding": {"y": {"field": "low", **y}, "y2": {"field": "high"}}},
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {
                    "y": {"field": "score", **y},
                    "shape": styles["shape"],
                },
            },
        ],
    }
    return Picture(
        "cost",
        "Quality against cost",
        f"{title_of(comparison.metric)[:1].upper()}{title_of(comparison.metric)[1:]} on test by"
        " trained parameters. No method with fewer of them scores higher than these:"
        f" {', '.join(front)}.",
        svg_of(chart),
        ["method", "trained parameters", title_of(comparison.metric), "low", "high"],
        [
            [p["method"], f"{p['parameters']:,}"]
            + [f"{p[key]:.4f}" for key in ("score", "low", "high")]
            for p in rows
        ],
    )
