"""Stages that run for a while and are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.pipeline.commands import set_parameter
from tests.tiny import git


@contextmanager
def started(work: Path, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A process group of its own, which is gone afterwards."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        command,
        cwd=work,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def wait_for_a_checkpoint(cache: Path, process: subprocess.Popen[str]) -> None:
    while not list(cache.glob("*/state.json")):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.01)


def take_longer(work: Path) -> None:
    """LoRA for 400 steps, with checkpoints all the time."""
    set_parameter(work, "train", "checkpoint_minutes", 0.0001)
    set_parameter(work, "lora", "epochs", 100)
    git(work, "commit", "-qam", "longer")
