"""All pictures of the page that a folder of metrics has data for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from textune.io import read_json
from textune.report.budget import budget_curves, trials_of
from textune.report.charts import curves_chart, svg_of, tuning_chart
from textune.report.learning_curve import Curves, Point, chart, read_points
from textune.report.page import of_classes, of_methods
from textune.report.page.picture import Picture, read_rows
from textune.report.tables import compared_methods
from textune.stats.results import Comparison, MethodResult

# Where `textune learning-curve --output` may put it.
LEARNING_CURVE = "learning_curve.csv"


def pictures(comparison: Comparison, metrics: Path) -> Iterator[Picture]:
    """In the order of the page. Raises `UserError` if a file of `metrics` is missing."""
    methods = compared_methods(comparison)
    yield of_methods.scores(comparison, methods)
    if comparison.pairs:
        yield of_methods.differences(comparison)
    yield of_methods.cost(comparison, methods, read_json(metrics / "cost.json"))
    yield _curves(comparison, methods, metrics)
    yield of_classes.confusion(comparison, read_rows(metrics / "confusion.csv"))
    yield of_classes.reliability(comparison, methods, read_rows(metrics / "reliability.csv"))
    parts = of_classes.slices(comparison, read_json(metrics / "slices.json"))
    if parts.rows:
        yield parts
    trials = trials_of([method.name for method in methods], metrics)
    if trials:
        points = budget_curves(trials)
        yield Picture(
            "tuning",
            "What tuning found",
            "The best accuracy on validation to be expected of so many trials, by the operations"
            " that they cost. A line that still rises may gain by more trials.",
            svg_of(tuning_chart(comparison, methods, points)),
            ["method", "trials", "operations", "expected best accuracy"],
            [
                [
                    comparison.method(point.method).title,
                    f"{point.trials}",
                    f"{point.operations:.2g}",
                    f"{point.accuracy:.4f}",
                ]
                for point in points
            ],
        )
    curve = metrics / LEARNING_CURVE
    titles = {method.title for method in methods}
    by_size = read_points(curve) if curve.is_file() else []
    if known := [point for point in by_size if point.method in titles]:
        yield _learning_curve(comparison, known)


def _learning_curve(comparison: Comparison, points: list[Point]) -> Picture:
    sizes = sorted({point.examples for point in points})
    return Picture(
        "learning",
        "More training examples",
        f"Scores of experiments that differ in the number of training examples, {sizes[0]:,} to"
        f" {sizes[-1]:,}. A line that still rises would gain by more of them.",
        svg_of(chart(Curves(comparison, points))),
        ["method", "training examples", "score", "low", "high"],
        [
            [point.method, f"{point.examples:,}", *(f"{one:.4f}" for one in point[2:])]
            for point in points
        ],
    )


def _curves(comparison: Comparison, methods: Sequence[MethodResult], metrics: Path) -> Picture:
    rows = read_rows(metrics / "curves/accuracy.csv")
    losses = [row["loss"] for row in read_rows(metrics / "curves/loss.csv")]
    best = {}
    for method in methods:
        own = [row for row in rows if row["method"] == method.title and int(row["epoch"]) > 0]
        if own:
            best[method.title] = max(own, key=lambda row: float(row["accuracy"]))["epoch"]
    said = ", ".join(f"{title} after epoch {epoch}" for title, epoch in best.items())
    return Picture(
        "curves",
        "Training",
        "Accuracy and loss on validation after each epoch, means over seeds. Validation picks the"
        f" epoch that is kept. Accuracy is highest for {said}.",
        svg_of(curves_chart(comparison, methods, metrics / "curves")),
        ["method", "epoch", "accuracy", "loss"],
        [
            [row["method"], row["epoch"], row["accuracy"], loss]
            for row, loss in zip(rows, losses, strict=True)
        ],
    )
