"""The study's figures, read from the files of its folder, and how its pages write them."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from rich import filesize

from textune.config.sections import ComparedMetric
from textune.io import read_json
from textune.report.tables import Costs, read_results
from textune.runs.store import RunFolder
from textune.stats.results import Comparison, Difference, Interval, Question

STUDY = Path(__file__).parent
# Where a table has nothing to say.
NONE = "–"


@dataclass(frozen=True)
class Results:
    """A comparison of methods with their costs; scores are of test."""

    comparison: Comparison
    costs: Costs

    @classmethod
    def read(cls, folder: str = "") -> "Results":
        """Those of a folder of the study."""
        return cls(read_results(STUDY / folder), read_json(STUDY / folder / "cost.json"))

    @cached_property
    def titles(self) -> dict[str, str]:
        """By name the title of a method, in the declared order, the untrained head first."""
        return {method.name: method.title for method in self.comparison.methods}

    def mean(self, method: str, metric: ComparedMetric = "accuracy") -> float:
        """The mean score over seeds."""
        return self.comparison.method(method).scores[metric].mean

    def score(self, method: str, metric: ComparedMetric = "accuracy") -> str:
        """The mean score over seeds, with its interval."""
        score = self.comparison.method(method).scores[metric]
        interval = score.answer(self.comparison.question)
        return f"{score.mean:.3f} [{interval.low:.3f}, {interval.high:.3f}]"

    def difference(
        self, first: str, second: str, metric: ComparedMetric = "accuracy"
    ) -> Difference:
        """First minus second method; the first is declared later than the second."""
        pairs = {(pair.first, pair.second): pair for pair in self.comparison.pairs}
        return pairs[first, second].differences[metric]

    def verdict(self, first: str, second: str) -> str:
        """The difference in accuracy of two methods, with its interval and verdict."""
        difference = self.difference(first, second)
        interval = signed_interval(difference.answer(self.comparison.question))
        return f"{difference.difference:+.3f} {interval}, {difference.verdict}"

    def trained(self, method: str) -> str:
        """How many parameters were trained."""
        return f"{self.costs[method]['trainable_parameters']:,}"

    def total(self, method: str) -> str:
        """How many parameters the model has."""
        return f"{self.costs[method]['total_parameters'] / 1e6:.1f} M"

    def seconds(self, method: str) -> int:
        """How long training took."""
        return round(self.costs[method]["train_seconds"])

    def time(self, method: str) -> str:
        """How long training took, as h:mm:ss."""
        return str(timedelta(seconds=self.seconds(method)))

    def size(self, method: str) -> str:
        """What was trained, on disk."""
        return filesize.decimal(round(self.costs[method]["saved_bytes"]))


def signed_interval(interval: Interval) -> str:
    """The interval of a difference."""
    return f"[{interval.low:+.3f}, {interval.high:+.3f}]"


def both_answers(difference: Difference) -> list[str]:
    """A difference with its intervals for fixed models and over seeds."""
    questions = (Question.FIXED_MODELS, Question.OVER_SEEDS)
    intervals = [signed_interval(difference.answer(question)) for question in questions]
    return [f"{difference.difference:+.3f}", *intervals]


def curve(folder: RunFolder, metric: str) -> list[float]:
    """A run's values on validation by epoch, from epoch 1."""
    with folder.curve(metric).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [float(row[metric]) for row in rows if row["step"] != "0"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, [":--"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
