"""How long the node that a sweep is started from takes for an experiment, the more there are; and
what a trial takes beside its training.

The repository has the project's own parameters, pipeline and metrics. Its experiments are commits
of the same files with another learning rate, other hashes and other scores, each with a ref of
DVC's.
"""

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from textune.errors import FailedError
from textune.scaling.experiments import head_bundle, place_of_clones, require_base
from textune.scaling.trial import Trial, run_trial

FILES = (
    "params.yaml",
    "dvc.yaml",
    "dvc.lock",
    "metrics",
    ".dvc/config",
    ".dvcignore",
    ".gitignore",
)
# Experiments that are fetched one by one to time it.
_FETCHED = 10


@dataclass(frozen=True)
class Head:
    """With so many experiments there: seconds to fetch one more and to read a metric of it, and
    for `dvc exp show`, with those that it has not seen and again; and MiB of .git.

    new: experiments that `dvc exp show` had not seen.
    """

    experiments: int
    new: int
    fetch_seconds: float
    show_seconds: float
    again_seconds: float
    git_mib: float


@dataclass(frozen=True)
class Fixed:
    """What a trial takes beside its training: seconds, and bytes of its bundle."""

    seconds: float
    bundle_bytes: int


def fixed_cost(root: Path) -> Fixed:
    """A trial that evaluates again and trains nothing, alone on this machine.

    root: the folder of params.yaml, with all stages done. Raises `UserError` if they are not, and
    `FailedError` if the trial fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        head = Path(folder, "head")
        _git(Path(folder), "clone", "-q", str(root.absolute()), str(head))
        _dvc(head, "cache", "dir", "--local", str(root.absolute() / ".dvc/cache"))
        _dvc(head, "remote", "add", "-q", "-d", "store", str(Path(folder, "store")))
        _git(head, "commit", "-qam", "remote")
        _dvc(head, "checkout", "-q")
        with contextlib.chdir(head):
            require_base()
            trial = Trial("fixed-cost", {"evaluate.seed": "1"})
            done = run_trial(trial, head_bundle(), place_of_clones())
    if done.experiment is None:
        raise FailedError(f"the trial failed: {done.reason}")
    return Fixed(done.seconds, len(done.experiment))


def measure(root: Path, sizes: Sequence[int]) -> Iterator[Head]:
    """At each number of experiments, rising. root: the folder of params.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        head, node = Path(folder, "head"), Path(folder, "node")
        _make(root, head)
        made = 0
        for size in sizes:
            for number in range(made, size):
                _add(head, number)
            yield _measure(head, node, size, size - made)
            made = size


def _make(root: Path, repository: Path) -> None:
    repository.mkdir()
    (repository / ".dvc").mkdir()
    for name in FILES:
        source = root / name
        copy: Callable[[Path, Path], object] = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, repository / name)
    _git(repository, "init", "-q", "-b", "main")
    _git(repository, "add", "-A")
    _git(repository, "commit", "-qm", "base")


def _add(repository: Path, number: int) -> str:
    """An experiment at HEAD; its ref."""

    def another_digit(found: re.Match[str]) -> str:
        return str((int(found[0]) + number) % 10)

    rate = f"learning_rate: 0.0{number:06}1"
    changed: dict[Path, tuple[str, Callable[[re.Match[str]], str]]] = {
        repository / "params.yaml": (r"learning_rate: 0\.0031", lambda found: rate),
        repository / "dvc.lock": (r"\b[0-9a-f]{32}\b", lambda found: uuid.uuid4().hex),
        **dict.fromkeys((repository / "metrics").rglob("*.json"), (r"(?<=\d)\d\b", another_digit)),
    }
    before = {path: path.read_text() for path in changed}
    for path, (pattern, new) in changed.items():
        path.write_text(re.sub(pattern, new, before[path]))
    _git(repository, "add", "-u")
    tree = _git(repository, "write-tree")
    for path, text in before.items():
        path.write_text(text)
    _git(repository, "add", "-u")
    commit = _git(repository, "commit-tree", tree, "-p", "HEAD", "-m", "experiment")
    head = _git(repository, "rev-parse", "HEAD")
    ref = f"refs/exps/{head[:2]}/{head[2:]}/sweep-{number:05}"
    _git(repository, "update-ref", ref, commit)
    return ref


def _measure(head: Path, node: Path, size: int, new: int) -> Head:
    shutil.rmtree(node, ignore_errors=True)
    _git(head.parent, "clone", "-q", str(head), str(node))
    bundle, seconds = node / "one.bundle", 0.0
    for number in range(_FETCHED):
        ref = _add(node, 90_000 + number)
        _git(node, "bundle", "create", "-q", str(bundle), ref, "^HEAD")
        start = time.perf_counter()
        _git(head, "fetch", "-q", str(bundle), "refs/exps/*:refs/exps/*")
        _git(head, "show", f"{ref}:metrics/val/accuracy.json")
        seconds += time.perf_counter() - start
        _git(head, "update-ref", "-d", ref)
    first, again = _seconds_to_show(head), _seconds_to_show(head)
    used = sum(path.stat().st_size for path in (head / ".git").rglob("*") if path.is_file())
    return Head(size, new, seconds / _FETCHED, first, again, used / 2**20)


def _seconds_to_show(repository: Path) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "dvc", "exp", "show", "--only-changed", "--csv"]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    return time.perf_counter() - start


def _dvc(repository: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "dvc", *arguments]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)


def _git(repository: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()
