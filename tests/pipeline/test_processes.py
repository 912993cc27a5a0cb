"""One training by two processes on loopback: the same learning, checkpoints for one and for two."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from tests.pipeline.commands import dvc
from tests.pipeline.ending import started, take_longer, wait_for_a_checkpoint
from textune.runs.store import RunFolder
from textune.training.processes import part

TORCHRUN = ("torchrun", "--nproc-per-node", "2", "src/train.py", "lora", "0")


@pytest.mark.parametrize("examples", [1, 2, 3, 8])
def test_the_parts_are_the_whole_in_order(examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    parts = [part(examples, rank) for rank in range(3)]
    rows = [row for one in parts if one.counts for row in range(examples)[one.rows]]
    assert rows == list(range(examples))
    assert all(one.stop > one.start for one in parts)


def losses(folder: RunFolder) -> list[float]:
    """Of training and of validation, by epoch."""
    paths = [folder.live / "plots/metrics/train/loss.tsv", folder.curve("loss")]
    return [loss for path in paths for loss in pd.read_csv(path, sep="\t")["loss"]]


@pytest.mark.slow
def test_two_processes_learn_what_one_does(work: Path, cache: Path) -> None:
    one = RunFolder(work / "models/lora/0")
    of_one, predicted = losses(one), one.read().predictions["test"].probabilities
    with started(work, *TORCHRUN) as process:
        assert process.wait() == 0, process.communicate()[0]
    assert not list(cache.iterdir()), "the checkpoint of a training that is done goes"
    assert losses(one) == pytest.approx(of_one, abs=1e-4)
    np.testing.assert_allclose(one.read().predictions["test"].probabilities, predicted, atol=1e-4)


@pytest.mark.slow
def test_a_dead_process_ends_the_training_and_one_goes_on_for_two(
    work: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would hold for each process; without it they share the cores.
    monkeypatch.delenv("OMP_NUM_THREADS")
    take_longer(work)
    dvc(work, "repro", "tune_lora")
    with started(work, *TORCHRUN) as process:
        wait_for_a_checkpoint(cache, process)
        os.kill(second_of(process.pid), signal.SIGKILL)
        killed = time.monotonic()
        output = process.communicate(timeout=60)[0]
        assert time.monotonic() - killed < 20
    assert process.returncode != 0
    assert output.count("error: process 0 of 2 lost the others") == 1
    # torchrun has a traceback and a table of its own.
    assert output.count("Traceback") == 1
    assert 'src/train.py", line' not in output
    (state,) = cache.glob("*/state.json")
    with started(work, "python", "src/train.py", "lora", "0") as process:
        while state.exists() and not RunFolder(work / "models/lora/0").live.exists():
            time.sleep(0.05)
        assert process.wait() == 0, process.communicate()[0]
    assert not state.exists(), "one process went on with the checkpoint of two"
    assert len(losses(RunFolder(work / "models/lora/0"))) == 2 * 100 + 1


def second_of(launcher: int) -> int:
    """The id of the process with the rank 1."""
    children = psutil.Process(launcher).children(recursive=True)
    return next(one.pid for one in children if one.environ().get("RANK") == "1")
