"""The study under metrics/studies, as the cells of its pages' tables."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.tiny import ROOT
from textune.io import read_json
from textune.report.tables import methods
from textune.report.titles import UNTRAINED, row_name

STUDY = ROOT / "metrics/studies/tweeteval-minilm"
ALL_LINEAR = "lora_all_linear"
NONE = "–"
# By trained parameters.
METHODS = (UNTRAINED, "baseline", "lora", "adapter", ALL_LINEAR, "full")


class Scores:
    """comparison.json and cost.json of a folder of the study, and their table of methods."""

    def __init__(self, folder: str = "") -> None:
        self.comparison: dict[str, Any] = read_json(STUDY / folder / "comparison.json")
        self.cost: dict[str, Any] = read_json(STUDY / folder / "cost.json")
        self.question: str = self.comparison["question"]
        self.names = {
            method: row_name(method, self.cost[method]["trainable_parameters"])
            for method in METHODS
            if method in self.cost
        }
        grid = methods(self.cost, self.comparison)
        headings = [" ".join(column.heading.split("\n")) for column in grid.columns]
        self._cells = {
            row[0].text: dict(zip(headings, (cell.text for cell in row), strict=True))
            for row in grid.rows
        }

    def mean(self, method: str, metric: str = "accuracy") -> float:
        return self.comparison["methods"][method][metric]["mean"]

    def cell(self, method: str, heading: str) -> str:
        """What `textune table` has of a method."""
        return self._cells[row_name(method, self.cost[method]["trainable_parameters"])][heading]

    def with_interval(self, method: str) -> str:
        """Accuracy."""
        return self.cell(method, "accuracy, 95 % interval")

    def gap(self, one: str, other: str, metric: str = "accuracy") -> dict[str, Any]:
        """What comparison.json has of a pair."""
        return self.comparison["pairs"][f"{one}_minus_{other}"][metric]

    def pair(self, one: str, other: str) -> str:
        """The difference in accuracy of two methods with its interval and verdict."""
        gap = self.gap(one, other)
        return f"{gap['difference']:+.3f} {interval(gap[self.question])}, {gap['verdict']}"

    def seconds(self, method: str) -> int:
        return round(self.cost[method]["train_seconds"])

    def parameters(self, method: str) -> str:
        return f"{self.cost[method]['total_parameters'] / 1e6:.1f} M"


def interval(bounds: Mapping[str, float]) -> str:
    """Of a difference."""
    return f"[{bounds['low']:+.3f}, {bounds['high']:+.3f}]"


def signed(difference: Mapping[str, Any]) -> list[str]:
    """A difference with its interval for these models and for the methods."""
    bounds = (interval(difference[question]) for question in ("models", "method"))
    return [f"{difference['difference']:+.3f}", *bounds]


def triple(trial: Mapping[str, float]) -> str:
    """Accuracy, macro recall and loss."""
    return f"{trial['accuracy']:.3f} / {trial['macro_recall']:.3f} / {trial['loss']:.3f}"


def curve(run: Path, metric: str) -> list[float]:
    """A run's validation by epoch, from 1."""
    lines = (run / f"live/plots/metrics/validation/{metric}.tsv").read_text().splitlines()
    _header, _untrained, *epochs = (line.split("\t") for line in lines)
    return [float(value) for _, value in epochs]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, [":--"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
