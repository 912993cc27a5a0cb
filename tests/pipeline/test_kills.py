"""Whatever kills a stage, and whenever: the pipeline goes on, and nothing of the result differs."""

import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.pipeline.commands import dvc, set_parameter
from tests.pipeline.ending import started, take_longer, wait_for_a_checkpoint

KILLS = 20
MOMENTS = 11


def results(work: Path) -> dict[str, bytes]:
    """All that a run is, but for what it cost."""
    folder = work / "models/lora/0"
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found = {str(path.relative_to(folder)): content for path, content in files.items()}
    record = found.pop("run.json").decode()
    for cost in ("train_seconds", "examples_per_second", "peak_memory_mib"):
        record = re.sub(f'"{cost}": [0-9.]+', f'"{cost}": 0', record)
    return {**found, "run.json": record.encode()}


@pytest.mark.slow
def test_a_signal_ends_a_stage_within_seconds_and_nothing_is_lost(work: Path, cache: Path) -> None:
    take_longer(work)
    dvc(work, "repro", "tune_lora")
    with started(work, "python", "src/train.py", "lora", "0") as process:
        wait_for_a_checkpoint(cache, process)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        output, _ = process.communicate()
        assert time.monotonic() - start < 5
    assert process.returncode == 130
    (line,) = output.splitlines()
    assert re.fullmatch(
        r"stopped by Ctrl-C: step \d+ of 300 is kept; the same command goes on from"
        r" there",
        line,
    )


@pytest.mark.slow
def test_a_stage_without_its_dvc_ends(work: Path, cache: Path) -> None:
    take_longer(work)
    with started(work, "dvc", "repro", "train_lora") as process:
        wait_for_a_checkpoint(cache, process)
        # Two at once in one folder are in DVC's hands.
        assert "is busy, it is being blocked by" in dvc(work, "repro", "train_lora", fails=True)
        # Alone, without the stage.
        os.kill(process.pid, signal.SIGKILL)
        # The stage has the same output, which ends with it.
        output, _ = process.communicate(timeout=60)
    assert "stopped by SIGTERM: step" in output
    dvc(work, "repro", "train_lora")


@pytest.mark.slow
def test_killed_at_twenty_random_moments_the_result_is_the_same(work: Path, cache: Path) -> None:
    take_longer(work)
    start = time.monotonic()
    dvc(work, "repro", "train_lora")
    whole = time.monotonic() - start
    expected = results(work)
    assert list(cache.glob("*")) == [], "nothing is left of a run that is done"
    # Anything else that the result should not depend on.
    set_parameter(work, "train", "checkpoint_minutes", 0.0002)
    subprocess.run(["rm", "-rf", "models", ".dvc/cache/runs", "dvc.lock"], cwd=work, check=True)
    moments = random.Random(MOMENTS)
    ended = 0
    while ended < KILLS:
        number = moments.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        with started(work, "dvc", "repro", "train_lora") as process:
            time.sleep(moments.uniform(0, whole))
            if process.poll() is not None:
                assert results(work) == expected
                subprocess.run(["rm", "-rf", "models", "dvc.lock"], cwd=work, check=True)
                subprocess.run(["rm", "-rf", ".dvc/cache/runs"], cwd=work, check=True)
                continue
            os.killpg(process.pid, number)
            process.wait()
            ended += 1
    dvc(work, "repro", "train_lora")
    assert results(work) == expected
    assert list(cache.glob("*")) == []
