"""The study under metrics/studies, as the cells of its pages' tables."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.tiny import ROOT
from textune.files import read_json
from textune.results.names import UNTRAINED, row_name

STUDY = ROOT / "metrics/studies/tweeteval-minilm"
ALL_LINEAR = "lora_all_linear"
NONE = "–"
# By trained parameters.
METHODS = (UNTRAINED, "baseline", "lora", "adapter", ALL_LINEAR, "full")


class Scores:
    """comparison.json and cost.json of a folder of the study."""

    def __init__(self, folder: str = "") -> None:
        self.comparison: dict[str, Any] = read_json(STUDY / folder / "comparison.json")
        self.cost: dict[str, Any] = read_json(STUDY / folder / "cost.json")
        self.question: str = self.comparison["question"]
        self.names = {
            method: row_name(method, self.cost[method]["trainable_parameters"])
            for method in METHODS
            if method in self.cost
        }

    def mean(self, method: str, metric: str = "accuracy") -> float:
        return self.comparison["methods"][method][metric]["mean"]

    def with_interval(self, method: str, metric: str = "accuracy") -> str:
        bounds = self.comparison["methods"][method][metric][self.question]
        return f"{self.mean(method, metric):.3f} [{bounds['low']:.3f}, {bounds['high']:.3f}]"

    def gap(self, one: str, other: str, metric: str = "accuracy") -> dict[str, Any]:
        """What comparison.json has of a pair."""
        return self.comparison["pairs"][f"{one}_minus_{other}"][metric]

    def pair(self, one: str, other: str) -> str:
        """The difference in accuracy of two methods with its interval and verdict."""
        gap = self.gap(one, other)
        return f"{gap['difference']:+.3f} {interval(gap[self.question])}, {gap['verdict']}"

    def seconds(self, method: str) -> int:
        return round(self.cost[method]["train_seconds"])

    def trained(self, method: str) -> str:
        return f"{self.cost[method]['trainable_parameters']:,.0f}"

    def saved(self, method: str) -> str:
        return f"{self.cost[method]['saved_bytes'] / 1e6:.1f} MB"

    def minutes(self, method: str) -> str:
        minutes, seconds = divmod(self.seconds(method), 60)
        return f"{minutes}:{seconds:02d}"

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
