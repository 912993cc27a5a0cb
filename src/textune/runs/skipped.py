"""Methods that did not run, and why: params.yaml does not name them, or the model lacks them.

Their stages write the reason in place of a recipe and of a run.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textune.io import read_json, write_json
from textune.runs.store import RunFolder

NOT_NAMED = "methods in params.yaml does not name it"
_KEY = "skipped"


def as_skipped(reason: str) -> dict[str, str]:
    """What stands in the place of a recipe."""
    return {_KEY: reason}


def reason_in(recipe: Mapping[str, Any]) -> str | None:
    """Why there is no recipe, if there is none."""
    reason: str | None = recipe.get(_KEY)
    return reason


def write_skipped(run: RunFolder, reason: str) -> None:
    """Write the reason in the place of a run."""
    write_json(run.skipped, as_skipped(reason))


def skipped(models: Path, methods: Sequence[str], seeds: Sequence[int]) -> dict[str, str]:
    """The reasons of those of `methods` that did not run with the first seed, in `models`."""
    runs = {name: RunFolder.of(models, name, seeds[0]) for name in methods}
    return {
        name: read_json(run.skipped)[_KEY] for name, run in runs.items() if run.skipped.is_file()
    }
