"""Runs for git: predictions, curves and the record of a trained method, without its weights.

A folder of them is read like models/, so `evaluate` makes every figure again where no model is.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from textune.errors import UserError
from textune.results.names import UNTRAINED
from textune.results.runs import read_run

# The weights, and what dvclive writes beside its curves.
_LEFT_OUT = ("model", "metrics.json")


def keep(models: Path, method: str, seeds: list[int], name: str, folder: Path) -> Iterator[Path]:
    """Copy the runs of `method` in `models` to `folder`/`name`, and yield each seed's folder.

    A run that is there already is replaced. Raises `UserError` if one of `models` is missing or
    incomplete, or if metrics files could not hold the name.
    """
    if not re.fullmatch(r"\w+", name) or name == UNTRAINED:
        raise UserError(f"a method cannot be called {name!r}: use letters, digits and _")
    for seed in seeds:
        read_run(models / method / str(seed))
    for seed in seeds:
        target = folder / name / str(seed)
        draft = target.with_name(f".{seed}")
        shutil.rmtree(draft, ignore_errors=True)
        ignored = shutil.ignore_patterns(*_LEFT_OUT)
        shutil.copytree(models / method / str(seed), draft, ignore=ignored)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
        yield target


def kept_seeds(folder: Path) -> list[int]:
    """The seeds that `folder` has of every method; others are of a study under way.

    Raises `UserError` if there is none.
    """
    by_method: dict[str, set[int]] = {}
    for path in folder.glob("[!.]*/*"):
        if path.is_dir() and path.name.isdecimal():
            by_method.setdefault(path.parent.name, set()).add(int(path.name))
    if not by_method:
        raise UserError(f"{folder} holds no runs; it should have <method>/<seed>/run.json")
    shared = set.intersection(*by_method.values())
    if not shared:
        raise UserError(f"{folder}: no seed is there of all of {', '.join(sorted(by_method))}")
    return sorted(shared)
