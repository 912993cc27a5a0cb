"""Processes that run stages, and what they print."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress

from textune.pipeline.paths import MODELS
from textune.runs.store import RunFolder
from textune.scaling.trial import SIDE_BY_SIDE, reason_in

_DVC = ("-m", "dvc", "--wait-for-lock")
# Of DVC, after every stage.
_HINTS = ("Generating lock file", "Updating lock file", "Use `dvc push`")
# Of stages that were told to end, which say themselves what is kept.
_AT_THE_END = (*_HINTS, "ERROR: failed to reproduce")


class DvcProcesses:
    """Processes of `dvc repro`; what they print has the stage's name in front."""

    def __init__(self, number: int, pool: ThreadPoolExecutor) -> None:
        self.number = number
        self._pool = pool
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[str]] = set()
        self._ended = False

    def start(self, stages: Sequence[str]) -> Future[str | None]:
        return self._pool.submit(self._run, stages)

    def end(self) -> None:
        """Tell all to end as Ctrl-C does: a training keeps where it was."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                # It may have ended by itself.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGINT)

    def _run(self, stages: Sequence[str]) -> str | None:
        start, title = time.monotonic(), ", ".join(stages)
        try:
            commands = _commands(stages)
        except subprocess.CalledProcessError as error:
            return reason_in(error.output)
        for command in commands:
            if reason := self._failure_of(command, title):
                return reason
        is_or_are = "is" if len(stages) == 1 else "are"
        print(f"{title} {is_or_are} done, in {time.monotonic() - start:.0f} s", flush=True)
        return None

    def _environment(self, title: str) -> dict[str, str]:
        """A stage that DVC does not start itself ends without this process, too."""
        side_by_side = {} if self.number == 1 else SIDE_BY_SIDE
        return {**os.environ, "DVC_STAGE": title, **side_by_side}

    def _failure_of(self, command: Sequence[str], title: str) -> str | None:
        with self._lock:
            if self._ended:
                return "told to end"
            process = subprocess.Popen(
                [sys.executable, *command],
                env=self._environment(title),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._processes.add(process)
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            if line.strip() and not line.startswith(_HINTS if not self._ended else _AT_THE_END):
                lines.append(line.strip())
                print(f"{title}: {line.rstrip()}", flush=True)
        process.wait()
        with self._lock:
            self._processes.discard(process)
        return reason_in("\n".join(lines)) if process.returncode else None


def _commands(stages: Sequence[str]) -> list[list[str]]:
    """Arguments of python that run a stage, or several seeds of one method together.

    The earlier runs of the latter are removed.
    """
    stages = stages if len(stages) == 1 else _out_of_date(stages)
    if len(stages) < 2:
        return [[*_DVC, "repro", "--single-item", stage] for stage in stages]
    name = stages[0].removeprefix("train_").partition("@")[0]
    seeds = [stage.partition("@")[2] for stage in stages]
    for seed in seeds:
        # As DVC does: what lies there may be a link into its cache.
        shutil.rmtree(RunFolder.of(MODELS, name, int(seed)).path, ignore_errors=True)
    return [["src/train.py", name, *seeds], [*_DVC, "commit", "--force", *stages]]


def _out_of_date(stages: Sequence[str]) -> list[str]:
    """Those that are, now that what they need is done."""
    command = [sys.executable, *_DVC, "status", "--json", *stages]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stderr)
    status = done.stdout
    return [stage for stage in stages if stage in json.loads(status)]


@contextmanager
def dvc_processes(jobs: int) -> Iterator[DvcProcesses]:
    with ThreadPoolExecutor(jobs) as pool:
        workers = DvcProcesses(jobs, pool)
        try:
            yield workers
        except BaseException:
            workers.end()
            raise
