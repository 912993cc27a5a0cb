"""How long the node that a sweep is started from takes for an experiment, the more there are.

The repository has the project's own parameters, pipeline and metrics. Its experiments are commits
of the same files with another learning rate, each with a ref of DVC's.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    for `dvc exp show`, at first and again; bytes of a bundle, and MiB of .git.
    """

    experiments: int
    fetch_seconds: float
    show_seconds: float
    again_seconds: float
    bundle_bytes: int
    git_mib: float


def measure(root: Path, sizes: Sequence[int]) -> Iterator[Head]:
    """At each number of experiments, rising. root: the folder of params.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        head, node = Path(folder, "head"), Path(folder, "node")
        _make(root, head)
        made = 0
        for size in sizes:
            while made < size:
                _add(head, made)
                made += 1
            yield _measure(head, node, size)


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
    params = repository / "params.yaml"
    text = params.read_text()
    params.write_text(text.replace("learning_rate: 0.0031", f"learning_rate: 0.0{number + 1:06}"))
    _git(repository, "add", "params.yaml")
    tree = _git(repository, "write-tree")
    params.write_text(text)
    _git(repository, "add", "params.yaml")
    commit = _git(repository, "commit-tree", tree, "-p", "HEAD", "-m", "experiment")
    head = _git(repository, "rev-parse", "HEAD")
    ref = f"refs/exps/{head[:2]}/{head[2:]}/sweep-{number:05}"
    _git(repository, "update-ref", ref, commit)
    return ref


def _measure(head: Path, node: Path, size: int) -> Head:
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
    return Head(size, seconds / _FETCHED, first, again, bundle.stat().st_size, used / 2**20)


def _seconds_to_show(repository: Path) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "dvc", "exp", "show", "--only-changed", "--csv"]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    return time.perf_counter() - start


def _git(repository: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost"]
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()
