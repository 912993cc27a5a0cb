"""The same parameters give the same results again, to the byte; only what a run costs varies."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.forks import run_stages
from tests.tiny import METHODS, ROOT, git
from textune.io import read_json

# Times, memory and what follows from them.
VARIES = {"train_seconds", "examples_per_second", "peak_memory_mib"}


@pytest.mark.slow
def test_a_second_run_gives_the_same_bytes(work: Path) -> None:
    shutil.copytree(work / "models", work / "before")
    for made in ("models", "data/prepared", "metrics", "data/errors"):
        shutil.rmtree(work / made)
    per_method = [
        command
        for name in METHODS
        for command in (["src/tune.py", name], ["src/train.py", name, "0"])
    ]
    # Sets have another order, and no checkpoint of the first run is near.
    elsewhere = {"PYTHONHASHSEED": "7", "TEXTUNE_CACHE": str(work.parent / "cache")}
    run_stages(work, ["src/prepare.py"], *per_method, ["src/evaluation.py"], **elsewhere)

    changed = git(work, "diff", "--name-only").splitlines()
    assert set(changed) <= {"metrics/cost.json"}
    before, now = (files(work / folder) for folder in ("before", "models"))
    assert len(now) > 20
    assert before.keys() == now.keys()
    differing = {path for path in now if before[path] != now[path]}
    assert {path.name for path in differing} <= {"run.json"}
    for path in differing:
        first, second = (read_json(work / folder / path) for folder in ("before", "models"))
        assert without_cost(first) == without_cost(second)


def test_times_and_memory_are_in_the_files_of_cost_alone() -> None:
    """Files that `dvc repro` writes and a reviewer compares; the others are of benchmarks."""
    measured = {"cost.json", "speed.json", "speed_predict.json", "ablation.json"}
    compared = [p for p in (ROOT / "metrics").rglob("*.json") if p.name not in measured]
    assert len(compared) > 10
    for path in compared:
        text = path.read_text("utf-8")
        assert not [word for word in VARIES if f'"{word}"' in text], path


def files(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def without_cost(record: dict[str, Any]) -> dict[str, Any]:
    cost = {key: value for key, value in record["cost"].items() if key not in VARIES}
    return {**record, "cost": cost}
