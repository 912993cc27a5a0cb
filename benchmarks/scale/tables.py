"""The figures of docs/scale.md, as JSON and as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.scale.measured import Head
from benchmarks.scale.simulated import Outcome, Sweep, simulate
from textune.io import read_json, write_json

WORKERS = (1, 10, 100, 1000)
TRIALS = 1000
# By what a trial is, its seconds: three seeds of LoRA on two cores, and one seed on a large GPU.
KINDS = {"3 seeds of LoRA on 2 cores": 180.0, "1 seed on a large GPU": 20.0}
LOST_PER_HOUR = 0.05


def write(path: Path | None, heads: Sequence[Head]) -> None:
    """Write what was measured, if there is a path; the simulation follows from it."""
    if path is not None:
        write_json(path, {"head": [asdict(head) for head in heads]})


def read(path: Path) -> list[Head]:
    """What was measured."""
    return [Head(**values) for values in read_json(path)["head"]]


def head_table(heads: Sequence[Head]) -> str:
    """Markdown: what the head takes for one experiment, by the number of them."""
    lines = [
        "| experiments | fetch one, s | `dvc exp show`, s | again, s | bundle, kB | .git, MiB |",
        "| --: | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {head.experiments:,} | {head.fetch_seconds:.3f} | {head.show_seconds:.1f}"
        f" | {head.again_seconds:.1f} | {head.bundle_bytes / 1000:.1f} | {head.git_mib:.1f} |"
        for head in heads
    ]
    return "\n".join(lines) + "\n"


def sweep_table(heads: Sequence[Head]) -> str:
    """Markdown: a sweep on ever more workers, simulated with the head as it was measured."""
    lines = [
        "| a trial | workers | hours | worker hours | head busy | trials begun again |",
        "| :-- | --: | --: | --: | --: | --: |",
    ]
    for kind, seconds in KINDS.items():
        for workers in WORKERS:
            done = simulate(sweep_of(heads, seconds), workers)
            lines.append(_sweep_line(kind, done))
    return "\n".join(lines) + "\n"


def sweep_of(heads: Sequence[Head], seconds: float) -> Sweep:
    """With trials of so many seconds; what the head takes is a line through what was measured."""
    first, last = heads[0], heads[-1]
    more = (last.fetch_seconds - first.fetch_seconds) / (last.experiments - first.experiments)
    return Sweep(TRIALS, seconds, LOST_PER_HOUR, first.fetch_seconds, max(0.0, more))


def _sweep_line(kind: str, done: Outcome) -> str:
    return (
        f"| {kind} | {done.workers:,} | {done.hours:.2f} | {done.worker_hours:.1f}"
        f" | {done.busy:.0%} | {done.lost} |"
    )


def budget_table(cost: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Markdown: hours to tune and to train each method on a million rows, on one such machine."""
    from benchmarks.scale.budget import budgets
    from textune.params import read_params

    params, rows, part = read_params(), 1_000_000, 50_000
    full, small = budgets(cost, rows, rows, params), budgets(cost, rows, part, params)
    lines = [
        f"| method | examples/s | search on all rows, h | search on {part:,}, h | 3 seeds, h |",
        "| :-- | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {titles.get(one.method, one.method)} | {one.examples_per_second:,.0f}"
        f" | {one.search:.1f} | {two.search:.1f} | {one.final:.1f} |"
        for one, two in zip(full, small, strict=True)
    ]
    return "\n".join(lines) + "\n"
