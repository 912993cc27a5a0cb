"""The figures of docs/scale.md, as JSON and as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.scale.budget import budgets
from benchmarks.scale.measured import Fixed, Head
from benchmarks.scale.simulated import Outcome, Sweep, simulate
from textune.io import read_json, write_json
from textune.params import read_params

WORKERS = (1, 10, 100, 1000)
TRIALS = 1000
LOST_PER_HOUR = 0.05
# Each row of the table is the mean of so many simulations.
SIMULATIONS = 20
# Assumed, as no GPU was at hand: seconds to train one seed, and prices of an hour.
GPU_SECONDS = 20.0
PRICE_OF_CPUS, PRICE_OF_A_GPU = 0.1, 3.0


@dataclass(frozen=True)
class Measured:
    """On one machine: the head of a sweep, and what a trial takes beside its training."""

    heads: Sequence[Head]
    fixed: Fixed

    @property
    def seconds_to_show_one(self) -> float:
        """Of `dvc exp show`, for an experiment that it has not seen."""
        last = self.heads[-1]
        return (last.show_seconds - last.again_seconds) / last.new


def write(path: Path | None, measured: Measured) -> None:
    """Write what was measured, if there is a path; the simulation follows from it."""
    if path is not None:
        heads = [asdict(head) for head in measured.heads]
        write_json(path, {"head": heads, "fixed": asdict(measured.fixed)})


def read(path: Path) -> Measured:
    """What was measured."""
    content = read_json(path)
    return Measured([Head(**values) for values in content["head"]], Fixed(**content["fixed"]))


def head_table(measured: Measured) -> str:
    """Markdown: what the head takes for one experiment, by the number of them."""
    lines = [
        "| experiments | fetch one, s | `dvc exp show`, s | of these new | again, s | .git, MiB |",
        "| --: | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {head.experiments:,} | {head.fetch_seconds:.3f} | {head.show_seconds:.1f}"
        f" | {head.new} | {head.again_seconds:.1f} | {head.git_mib:.1f} |"
        for head in measured.heads
    ]
    fixed = measured.fixed
    lines += [
        "",
        f"A trial that trains nothing takes {fixed.seconds:.0f} s: clone, pull, DVC, `evaluate` and"
        f" what comes after it, push. Its git bundle has {fixed.bundle_bytes / 1000:.0f} kB.",
    ]
    return "\n".join(lines) + "\n"


def sweep_table(measured: Measured, cost: Mapping[str, Mapping[str, Any]], seeds: int) -> str:
    """Markdown: a sweep on ever more workers, simulated with what was measured.

    cost: of metrics/cost.json; seeds: that a trial on CPUs trains LoRA from.
    """
    kinds = {
        f"{seeds} seeds of LoRA, 2 cores": (seeds * cost["lora"]["train_seconds"], PRICE_OF_CPUS),
        "1 seed, a large GPU": (GPU_SECONDS, PRICE_OF_A_GPU),
    }
    lines = [
        "| a trial | s | workers | hours | worker hours | money | head busy | begun again |",
        "| :-- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for kind, (training, price) in kinds.items():
        seconds = training + measured.fixed.seconds
        for workers in WORKERS:
            sweep = sweep_of(measured.heads, seconds)
            done = [simulate(sweep, workers, seed) for seed in range(SIMULATIONS)]
            lines.append(_sweep_line(kind, seconds, done, price))
    return "\n".join(lines) + "\n"


def sweep_of(heads: Sequence[Head], seconds: float) -> Sweep:
    """With trials of so many seconds; what the head takes is a line through what was measured."""
    first, last = heads[0], heads[-1]
    more = (last.fetch_seconds - first.fetch_seconds) / (last.experiments - first.experiments)
    return Sweep(TRIALS, seconds, LOST_PER_HOUR, first.fetch_seconds, max(0.0, more))


def _sweep_line(kind: str, seconds: float, done: Sequence[Outcome], price: float) -> str:
    rented = mean(one.worker_hours for one in done)
    return (
        f"| {kind} | {seconds:.0f} | {done[0].workers:,} | {mean(one.hours for one in done):.2f}"
        f" | {rented:.1f} | {rented * price:.0f} | {mean(one.busy for one in done):.0%}"
        f" | {mean(one.lost for one in done):.1f} |"
    )


def budget_table(cost: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Markdown: hours to tune and to train each method on a million rows, on one such machine."""
    params, rows, part = read_params(), 1_000_000, 50_000
    recipes = {path.stem: read_json(path) for path in Path("metrics/recipes").glob("*.json")}
    epochs = {name: recipe.get("epochs") for name, recipe in recipes.items()}
    full = budgets(cost, rows, rows, params, epochs)
    small = budgets(cost, rows, part, params, epochs)
    seeds = len(params.train.seeds)
    lines = [
        "| method | examples/s | search on all rows, h"
        f" | search on {part:,}, h | epochs | {seeds} seeds, h |",
        "| :-- | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {titles.get(one.method, one.method)} | {one.examples_per_second:,.0f}"
        f" | {one.search:.1f} | {two.search:.1f} | {one.epochs} | {one.final:.1f} |"
        for one, two in zip(full, small, strict=True)
    ]
    return "\n".join(lines) + "\n"


def limit_of_show(measured: Measured) -> str:
    """Markdown: how long `dvc exp show` takes after a large sweep."""
    each = measured.seconds_to_show_one
    return (
        f"- **`dvc exp show`** takes about {each:.1f} s for each experiment that it has not seen,"
        f" and keeps that.\n  After a sweep of {TRIALS:,} the first call would take some"
        f" {TRIALS * each / 60:.0f} minutes (extrapolated). Look at the\n  best that the sweep"
        " names (`--objective`), and remove the rest (`dvc exp remove`).\n"
    )
