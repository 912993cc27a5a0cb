"""`textune evaluate` with many classes, many methods and many examples, in a process of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.fake_runs import LABELS, write_run
from tests.tiny import ROOT
from textune.io import read_json

MANY_CLASSES = [f"class {number}" for number in range(1000)]
EVALUATE = "import sys; from textune.cli import main; main()"


def evaluated(
    folder: Path, labels: list[str], examples: int, methods: int
) -> tuple[float, float, Path]:
    """Seconds of processor and most memory in MiB, to compare so many methods with three seeds.

    On a machine with other work, seconds of the clock would be those of the others.
    """
    names = ["baseline", *(f"lora_{number}" for number in range(1, methods))]
    for number, name in enumerate(names):
        skill = (2.0 if labels is LABELS else 6.0) + 0.1 * number
        for seed in range(3):
            write_run(
                folder,
                name,
                seed,
                skill=skill,
                trainable=10 * number + 5,
                examples=examples,
                labels=labels,
            )
    metrics = folder / "metrics"
    began = time.monotonic()
    arguments = ["evaluate", "--predictions", str(folder), "--metrics", str(metrics)]
    process = subprocess.Popen(
        [sys.executable, "-c", EVALUATE, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    seconds, memory = time.monotonic() - began, usage.ru_maxrss / 1024
    processor = usage.ru_utime + usage.ru_stime
    print(
        f"{len(labels):,} classes, {examples:,} examples, {methods} methods: {seconds:.0f} s,"
        f" {processor:.0f} s of processor, {memory:,.0f} MiB"
    )
    return processor, memory, metrics


@pytest.mark.slow
@pytest.mark.parametrize(
    ("labels", "examples", "methods"),
    [(MANY_CLASSES, 5000, 4), (MANY_CLASSES[:150], 3000, 4), (LABELS, 6000, 20)],
    ids=["1,000 classes", "150 classes", "20 methods"],
)
def test_many_classes_and_many_methods_take_less_than_a_minute(
    tmp_path: Path, labels: list[str], examples: int, methods: int
) -> None:
    processor, memory, metrics = evaluated(tmp_path, labels, examples, methods)
    assert processor < 60
    assert memory < 1600
    assert len(read_json(metrics / "comparison.json")["pairs"]) == methods * (methods - 1) / 2
    assert sum(path.stat().st_size for path in metrics.rglob("*.csv")) < 500_000


@pytest.mark.slow
def test_memory_is_flat_in_the_number_of_examples(tmp_path: Path) -> None:
    """Every example and resample at once, one byte each, would take a GB."""
    few, many = (
        evaluated(tmp_path / str(examples), LABELS, examples, 4)[1] for examples in (6000, 100_000)
    )
    assert many - few < 400
