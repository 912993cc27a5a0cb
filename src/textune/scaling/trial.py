"""One trial of a sweep, on whatever machine: an experiment of DVC in a clone of its own.

Ray sends this file by value, so a node needs the locked packages and no textune of the same
version: what runs is the clone's. The repository comes as a git bundle and the experiment goes back
as one; data, models and the run cache go through the DVC remote.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Seconds between two looks for a new checkpoint.
_LOOK_EVERY = 5
_LAST_LINES = 5
# Threads that wait sleep, where they would otherwise keep a core busy for nothing. So trainings may
# share cores with as many threads as one alone has, whose sums come out the same to the bit.
SIDE_BY_SIDE = {"OMP_WAIT_POLICY": "PASSIVE"}


@dataclass(frozen=True)
class Trial:
    """An experiment: its name, and values by key of params.yaml, as `-S` takes them."""

    name: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """What a clone needs beside git: DVC's local configuration; and threads, as the results depend
    on their number.
    """

    config: str
    threads: int


@dataclass(frozen=True)
class Result:
    """experiment: a git bundle of its ref, or None if it failed; `reason` then says why."""

    name: str
    experiment: bytes | None
    reason: str
    seconds: float
    node: str


def run_trial(trial: Trial, repository: bytes, place: Place) -> Result:
    """Run a trial at the commit that `repository`, a git bundle, has as HEAD."""
    start = time.monotonic()
    # What is told to end may still write.
    with tempfile.TemporaryDirectory(prefix="textune-", ignore_cleanup_errors=True) as folder:
        experiment, reason = None, ""
        try:
            experiment = _experiment(trial, repository, place, Path(folder))
        except subprocess.CalledProcessError as error:
            reason = reason_in(error.output)
        except Exception as error:
            # A full disk, a remote that does not answer: this trial's failure.
            reason = " ".join(f"{type(error).__name__}: {error}".split())
    return Result(trial.name, experiment, reason, time.monotonic() - start, socket.gethostname())


def _experiment(trial: Trial, repository: bytes, place: Place, folder: Path) -> bytes:
    clone, source, made = folder / "clone", folder / "source.bundle", folder / "made.bundle"
    source.write_bytes(repository)
    environment = _environment(folder, place.threads)
    _run(["git", "clone", "-q", str(source), str(clone)], folder, environment)
    (clone / ".dvc/config.local").write_text(place.config)
    mirror = Mirror(clone, folder / "cache", trial.name)
    mirror.fetch()
    changes = [text for key, value in trial.values.items() for text in ("-S", f"{key}={value}")]
    dvc = [sys.executable, "-m", "dvc"]
    _run([*dvc, "exp", "run", "--pull", "-n", trial.name, *changes], clone, environment, mirror)
    _run([*dvc, "push", "-q", "--run-cache"], clone, environment)
    mirror.remove()
    refs = ["git", "for-each-ref", "--format=%(refname)", f"refs/exps/**/{trial.name}"]
    (ref,) = _run(refs, clone, environment).split()
    _run(["git", "bundle", "create", "-q", str(made), ref, "^HEAD"], clone, environment)
    return made.read_bytes()


def _environment(folder: Path, threads: int) -> dict[str, str]:
    """As in a terminal at the driver, where Ray would set another number of threads."""
    identity = {"NAME": "textune", "EMAIL": "textune@localhost"}
    # A search within the trial would wait for places that trials hold.
    return {
        **{key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"},
        **{
            f"GIT_{role}_{key}": v
            for role in ("AUTHOR", "COMMITTER")
            for key, v in identity.items()
        },
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "OMP_NUM_THREADS": str(threads),
        **SIDE_BY_SIDE,
        "TEXTUNE_CACHE": str(folder / "cache"),
    }


def _run(
    command: list[str], folder: Path, environment: dict[str, str], mirror: "Mirror | None" = None
) -> str:
    """What a program prints. It ends with this process. Raises CalledProcessError."""
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            preexec_fn=_end_with_parent,
        )
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK_EVERY)
                if mirror is not None:
                    mirror.keep()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        output.seek(0)
        told = output.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, told)
    return told


def _end_with_parent() -> None:
    """Have Linux send SIGTERM when the parent is gone; DVC's stage then keeps a checkpoint."""
    if sys.platform == "linux":
        import ctypes

        set_signal_of_parents_death = 1
        ctypes.CDLL(None).prctl(set_signal_of_parents_death, signal.SIGTERM)


def reason_in(output: str) -> str:
    """Why a stage failed: its own error, or else the last lines of what it said."""
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return " / ".join(told or lines[-_LAST_LINES:]) or "it said nothing"


class Mirror:
    """The checkpoints of a trial in the DVC remote, so that another node can go on from them."""

    def __init__(self, clone: Path, cache: Path, name: str) -> None:
        from dvc.repo import Repo

        self._local = cache / "checkpoints"
        with Repo(str(clone)) as repo:
            remote = repo.cloud.get_remote()
            self._fs: Any = remote.fs
            self._remote = remote.fs.join(remote.path, "textune", "checkpoints", name)
        self._kept: dict[Path, int] = {}

    def fetch(self) -> None:
        """Take what an ended attempt left."""
        if not self._fs.exists(self._remote):
            return
        for path in self._fs.find(self._remote):
            target = self._local / self._fs.relpath(path, self._remote)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._fs.get_file(path, str(target))

    def keep(self) -> None:
        """Put what is new there. A checkpoint that is being replaced is kept the next time."""
        for state in self._local.glob("*/state.json"):
            with contextlib.suppress(OSError):
                written = state.stat().st_mtime_ns
                if self._kept.get(state) != written:
                    # The tensors first: a state whose tensors are missing would start anew.
                    for path in sorted(state.parent.glob("*.safetensors")):
                        self._put(path)
                    self._put(state)
                    self._kept[state] = written

    def remove(self) -> None:
        """The trial is done."""
        if self._fs.exists(self._remote):
            self._fs.remove(self._remote, recursive=True)

    def _put(self, path: Path) -> None:
        target = self._fs.join(self._remote, path.parent.name, path.name)
        self._fs.makedirs(self._fs.parent(target), exist_ok=True)
        self._fs.put_file(str(path), target)
