"""Runs for git: predictions, curves and the record of a trained method, without its weights.

A folder of them is read like models/, so every figure can be made again where no model is.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from textune.config.base import UNTRAINED
from textune.errors import UserError
from textune.runs.store import RunFolder

# The weights, and what dvclive writes beside its curves.
_LEFT_OUT = ("model", "metrics.json")


def archive(models: Path, method: str, seeds: list[int], name: str, folder: Path) -> Iterator[Path]:
    """Copy the runs of `method` in `models` to `folder`/`name`, and yield each seed's folder.

    A run that is there already is replaced. Raises `UserError` if one of `models` is missing or
    incomplete, or if metrics files could not hold the name.
    """
    if not re.fullmatch(r"[A-Za-z]\w*", name) or name == UNTRAINED:
        raise UserError(
            f"a method cannot be called {name!r}: use letters, digits and _, a letter first"
        )
    sources = [RunFolder.of(models, method, seed) for seed in seeds]
    records = [source.read().record for source in sources]
    for source, record in zip(sources, records, strict=True):
        target = RunFolder.of(folder, name, record.seed).path
        draft = target.with_name(f".{target.name}")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(source.path, draft, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        RunFolder(draft).write_record(record.model_copy(update={"name": name}))
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
        yield target


def archived(folders: Iterable[Path], declared: Sequence[str]) -> dict[str, Path]:
    """By method the one of `folders` that has its runs: those `declared` first, in that order.

    Raises `UserError` if a folder holds no runs, or two hold the same method's.
    """
    by_name: dict[str, Path] = {}
    for folder in folders:
        names = sorted({path.parent.name for path in _runs(folder)})
        if not names:
            raise UserError(f"{folder} holds no runs; it should have <method>/<seed>/run.json")
        for name in names:
            if name in by_name:
                raise UserError(f"{by_name[name]} and {folder} both hold runs of {name}")
            by_name[name] = folder
    ordered = [*(name for name in declared if name in by_name), *by_name]
    return {name: by_name[name] for name in ordered}


def shared_seeds(folders: Mapping[str, Path]) -> list[int]:
    """The seeds that every method has; others are of a study under way.

    `folders` is what `archived` gives. Raises `UserError` if there is none.
    """
    seeds = [
        {int(path.name) for path in _runs(folder) if path.parent.name == name}
        for name, folder in folders.items()
    ]
    shared = set.intersection(*seeds)
    if not shared:
        raise UserError(f"no seed has runs of all of {', '.join(sorted(folders))}")
    return sorted(shared)


def _runs(folder: Path) -> Iterator[Path]:
    for path in folder.glob("[!.]*/*"):
        if path.is_dir() and path.name.isdecimal():
            yield path
