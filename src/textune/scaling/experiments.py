"""The workspace as trials start from it, and the experiments that come back."""

import json
import os
import subprocess
import sys
import tempfile
from configparser import ConfigParser
from io import StringIO
from pathlib import Path

from textune.errors import FailedError, UserError
from textune.scaling.stages import plan_of
from textune.scaling.trial import Place


def require_base() -> None:
    """Have all that trials start from in git and in the DVC remote.

    Raises `UserError` if HEAD is not what is here, or is not done: then every trial would begin by
    doing it; and if there is no remote. Raises `FailedError` if that cannot be reached.
    """
    if changed := _git("status", "--porcelain", "--untracked-files=no"):
        names = ", ".join(line.split(maxsplit=1)[1] for line in changed.splitlines())
        raise UserError(
            f"trials start from HEAD, and {names} is not what HEAD has: commit with git first"
        )
    if not _remote():
        raise UserError(
            "trials bring their results through a DVC remote that all nodes reach: add one with"
            " `dvc remote add --default NAME URL`"
        )
    if late := plan_of().changed:
        raise UserError(
            f"every trial would run what is out of date ({', '.join(sorted(late))}): run"
            " `dvc checkout`, or else `textune repro` and commit, first"
        )
    pushed = subprocess.run(
        [sys.executable, "-m", "dvc", "push", "--run-cache"], capture_output=True, text=True
    )
    if pushed.returncode:
        raise FailedError(f"dvc push: {' '.join(pushed.stderr.split())}")


def head_bundle() -> bytes:
    """HEAD with its history, as a git bundle."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "head.bundle")
        _git("bundle", "create", "-q", str(path), "HEAD")
        return path.read_bytes()


def place_of_clones() -> Place:
    """DVC's local configuration with the remote by its full address, and the threads of here."""
    from dvc.repo import Repo

    config = ConfigParser(interpolation=None)
    config.read(".dvc/config.local")
    with Repo() as repo:
        name = repo.config["core"]["remote"]
        url = repo.config["remote"][name]["url"]
    # A path is relative to the file that it stands in, and a clone has a cache of its own.
    config.remove_section("cache")
    config.read_dict({f"'remote \"{name}\"'": {"url": url}})
    text = StringIO()
    config.write(text)
    return Place(text.getvalue(), int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))


def fetch(experiment: bytes) -> None:
    """Take an experiment from the bundle that a trial made."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "experiment.bundle")
        path.write_bytes(experiment)
        _git("fetch", "-q", str(path), "refs/exps/*:refs/exps/*")


def head_commit() -> str:
    """The commit that is HEAD now."""
    return _git("rev-parse", "HEAD")


def experiments(head: str) -> dict[str, str]:
    """By name, the git refs of DVC's experiments that start from the commit `head`."""
    refs = _git("for-each-ref", "--format=%(refname)", f"refs/exps/{head[:2]}/{head[2:]}")
    return {ref.rpartition("/")[2]: ref for ref in refs.split()}


def objective_of(ref: str, objective: str) -> float:
    """The number FILE:KEY of an experiment's metrics. Raises `UserError` if it has none."""
    file, _, key = objective.rpartition(":")
    if not file or not key:
        raise UserError(
            f"--objective is {objective}, but it should be FILE:KEY, such as"
            " metrics/val/accuracy.json:lora"
        )
    try:
        value = json.loads(_git("show", f"{ref}:{file}"))
        for part in key.split("."):
            value = value[part]
        return float(value)
    except (FailedError, ValueError, KeyError, TypeError):
        raise UserError(
            f"--objective: {file} has no number {key} at {ref}; write FILE:KEY, such as"
            " metrics/val/accuracy.json:lora"
        ) from None


def _remote() -> str | None:
    from dvc.repo import Repo

    with Repo() as repo:
        remote: str | None = repo.config["core"].get("remote")
        return remote


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise FailedError(f"git {arguments[0]}: {' '.join(done.stderr.split())}")
    return done.stdout.strip()
