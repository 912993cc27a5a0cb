"""`textune repro`: what `dvc repro` does, with stages side by side."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.commands import dvc, set_parameter, textune
from textune.runs.store import RunFolder


@pytest.mark.slow
def test_the_same_lock_cache_and_metrics_as_dvc_repro(work: Path, trained_workspace: Path) -> None:
    for name in ("dvc.lock", "models", "metrics", "data/prepared", "data/methods", ".dvc/cache"):
        subprocess.run(["rm", "-rf", name], cwd=work, check=True)
    told = textune(work, "repro", "--jobs", "3")
    assert re.search(r"13 of 13 stages ran, in [\d.]+ minutes", told)
    assert "Data and pipelines are up to date." in told
    assert stages(work / "dvc.lock") == stages(trained_workspace / "dvc.lock")
    for name in ("test", "val", "recommended.json", "comparison.json", "recipes", "data.json"):
        sides = [str(folder / "metrics" / name) for folder in (trained_workspace, work)]
        command = ["diff", "-r", *sides]
        assert subprocess.run(command).returncode == 0
    for run in sorted((trained_workspace / "models").glob("*/*")):
        other = RunFolder(work / run.relative_to(trained_workspace))
        weights = {path.name: path.read_bytes() for path in RunFolder(run).weights.iterdir()}
        assert weights == {path.name: path.read_bytes() for path in other.weights.iterdir()}
    assert "0 of 13 stages ran" in textune(work, "repro")
    assert "up to date" in dvc(work, "status")


@pytest.mark.slow
def test_seeds_that_train_together(work: Path) -> None:
    """Those that are new; full fine-tuning has no encoder to share."""
    set_parameter(work, "train", "seeds", [0, 1, 2])
    told = textune(work, "repro", "--together")
    assert "train_lora@0, train_lora@1, train_lora@2 are done" in told
    assert "Data and pipelines are up to date." in told
    for name, together in (("lora", [1, 2, 2]), ("full", [1, 1, 1])):
        records = [RunFolder.of(work / "models", name, seed).read().record for seed in range(3)]
        assert [record.params["train"]["together"] for record in records] == together
        losses = [record.temperature for record in records]
        assert len(set(losses)) == 3, "each seed should have a model of its own"
    # Dropout apart, which draws other masks, each is what it would be alone.
    run = RunFolder.of(work / "models", "lora", 2)
    joint = run.read().predictions["validation"].probabilities
    shutil.rmtree(run.path)
    subprocess.run([sys.executable, "src/train.py", "lora", "2"], cwd=work, check=True)
    alone = run.read().predictions["validation"].probabilities
    assert 0 < abs(alone - joint).max() < 0.05


def stages(lock: Path) -> list[str]:
    """In the file's order."""
    return re.findall(r"(?m)^  ([a-z_@0-9]+):$", lock.read_text())


@pytest.mark.slow
def test_a_stage_that_fails_is_named_and_the_others_are_done(work: Path) -> None:
    set_parameter(work, "lora", "target_modules", ["nowhere"])
    set_parameter(work, "adapter", "reduction_factor", 8)
    told = textune(work, "repro", fails=True)
    (line,) = [line for line in told.splitlines() if line.startswith("error:")]
    assert "train_lora@0 failed: lora.target_modules" in line
    assert "left out: evaluate, recommend, report" in line
    assert "Traceback" not in told
    assert re.search(r"train_adapter@0 is done, in \d+ s", told)
