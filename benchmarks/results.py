"""What was measured: speeds by round, and the figures made of them, as JSON has them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.ablation import ALL
from benchmarks.plan import Cell
from textune.io import write_text


@dataclass(frozen=True)
class Speed:
    """A contender's examples a second in each round, and its peak memory where it has one.

    `mean_tokens` is the mean length of a text, padding not counted.
    """

    cell: Cell
    contender: str
    rounds: list[float]
    mean_tokens: float
    peak_memory_mib: float | None

    @property
    def examples_per_second(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)


@dataclass(frozen=True)
class Figures:
    """The figures of a contender in a cell.

    Speeds are medians of the rounds, `_low` and `_high` the slowest and fastest round. Tokens are
    those of the texts, padding not counted. The ratios are between medians. The roofline has no
    memory.
    """

    model: str
    method: str
    contender: str
    examples_per_second: float
    examples_per_second_low: float
    examples_per_second_high: float
    tokens_per_second: float
    ratio_to_study: float
    ratio_to_expert: float
    share_of_roofline: float
    peak_memory_mib: int | None


@dataclass(frozen=True)
class Gain:
    """Medians of the rounds: speed with all pieces, without this one, and their ratio."""

    model: str
    method: str
    piece: str
    examples_per_second: float
    examples_per_second_without: float
    gain: float


@dataclass(frozen=True)
class RuntimeFigures:
    """One way of predicting with one model.

    texts_per_second: the median of the rounds, `_low` and `_high` the slowest and fastest; ratio:
    to `pipeline` with batches of 32; start_seconds: until the first text is predicted, imports
    included. Of a trained model, on all of test: accuracy, its difference from that of the run's
    own predictions with its interval, the share of texts with another class, and whether it is
    surely worse by less than the margin.
    """

    model: str
    runtime: str
    texts_per_second: float
    texts_per_second_low: float
    texts_per_second_high: float
    ratio: float
    start_seconds: float
    peak_memory_mib: int | None
    accuracy: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    changed: float | None = None
    within_margin: bool | None = None


def figures(speeds: Sequence[Speed]) -> list[Figures]:
    """The figures of each contender; every cell of `speeds` has all of `plan.KINDS`."""
    medians = {(speed.cell, speed.contender): speed.examples_per_second for speed in speeds}
    return [
        Figures(
            model=speed.cell.model,
            method=speed.cell.method,
            contender=speed.contender,
            examples_per_second=round(speed.examples_per_second, 2),
            examples_per_second_low=round(min(speed.rounds), 2),
            examples_per_second_high=round(max(speed.rounds), 2),
            tokens_per_second=round(speed.examples_per_second * speed.mean_tokens, 1),
            ratio_to_study=round(speed.examples_per_second / medians[speed.cell, "study"], 3),
            ratio_to_expert=round(speed.examples_per_second / medians[speed.cell, "expert"], 3),
            share_of_roofline=round(speed.examples_per_second / medians[speed.cell, "roofline"], 4),
            peak_memory_mib=None if speed.peak_memory_mib is None else round(speed.peak_memory_mib),
        )
        for speed in speeds
    ]


def gains(speeds: Sequence[Speed]) -> list[Gain]:
    """The gain of each piece; every cell of `speeds` has textune with all of them."""
    with_all = {speed.cell: speed for speed in speeds if speed.contender == ALL}
    return [_gain(with_all[speed.cell], speed) for speed in speeds if speed.contender != ALL]


def write_list(
    path: Path, results: Sequence[Figures] | Sequence[Gain] | Sequence[RuntimeFigures]
) -> None:
    """Write the results as a list, whole or not at all."""
    write_text(path, json.dumps([asdict(result) for result in results], indent=2) + "\n")


def read_figures(path: Path) -> list[Figures]:
    """What `write_list` wrote."""
    return [Figures(**values) for values in _read_list(path)]


def read_gains(path: Path) -> list[Gain]:
    """What `write_list` wrote."""
    return [Gain(**values) for values in _read_list(path)]


def read_runtimes(path: Path) -> list[RuntimeFigures]:
    """What `write_list` wrote."""
    return [RuntimeFigures(**values) for values in _read_list(path)]


def _gain(with_all: Speed, without: Speed) -> Gain:
    # Drift hits both alike within a round, so the ratio is taken there.
    ratios = [a / b for a, b in zip(with_all.rounds, without.rounds, strict=True)]
    return Gain(
        model=without.cell.model,
        method=without.cell.method,
        piece=without.contender,
        examples_per_second=round(with_all.examples_per_second, 2),
        examples_per_second_without=round(without.examples_per_second, 2),
        gain=round(median(ratios), 3),
    )


def _read_list(path: Path) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return values
