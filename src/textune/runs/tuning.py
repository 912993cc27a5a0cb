"""The recipe of a method, the numbers that tuning may choose, and how it was found.

In metrics/, recipes/<name>.json has the section of a method with its recipe in it, and
trials/<name>.json the search for it, if there was one: the stage `tune_<name>` writes both, and
`train_<name>` reads the first, so that it runs again only if what it trains with is another. Where
the method does not run, the first has the reason instead.
adopted.json has the earlier searches whose recipes stand in params.yaml as numbers.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from textune.errors import UserError
from textune.io import read_json, write_json
from textune.runs.skipped import as_skipped

# What tunes every method on the data at hand.
FLAG = "dvc exp run -S tune.all=true"

# By key of the method's section.
Recipe = Mapping[str, float | int]


class Trial(BaseModel):
    """One training of a search, from the seed `tune.seed`.

    values: what was tried; epochs: the length of its schedule; kept_epoch: the best of its epochs,
    of which the scores on validation are; operations: those of its training.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: dict[str, float]
    epochs: int
    kept_epoch: int
    operations: float
    accuracy: float
    macro_recall: float
    macro_f1: float
    calibrated_loss: float


class Tuning(BaseModel):
    """How a recipe was found: the trials in the order in which they were made, if there are any.

    tuned: the keys that were searched; data_sha256: of train and validation; model: its name and
    revision. Without a search `tuned` and `trials` are empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: dict[str, float | int]
    tuned: list[str]
    data_sha256: str
    model: str
    trials: list[Trial]


def section_path(name: str, metrics: Path) -> Path:
    """Where the section of a method with its recipe is."""
    return metrics / "recipes" / f"{name}.json"


def trials_path(name: str, metrics: Path) -> Path:
    """Where the trials of a method are."""
    return metrics / "trials" / f"{name}.json"


def write_untuned(name: str, reason: str, metrics: Path) -> None:
    """Write both files of a method that does not run."""
    write_json(section_path(name, metrics), as_skipped(reason))
    nothing = Tuning(recipe={}, tuned=[], data_sha256="", model="", trials=[])
    write_json(trials_path(name, metrics), nothing.model_dump(mode="json"))


def write_tuning(name: str, tuning: Tuning, section: Mapping[str, Any], metrics: Path) -> None:
    """Write both files of a method. section: the method's own in params.yaml."""
    write_json(section_path(name, metrics), {**section, **tuning.recipe})
    write_json(trials_path(name, metrics), tuning.model_dump(mode="json"))


def read_tuning(path: Path) -> Tuning:
    """Read a file of trials. Raises `UserError` if it is missing or damaged."""
    try:
        return Tuning.model_validate(read_json(path))
    except ValidationError:
        raise UserError(
            f"{path} is damaged or was written by another version of textune: run `dvc repro`"
        ) from None


def adopted_path(metrics: Path) -> Path:
    """Where the adopted searches are."""
    return metrics / "adopted.json"


def read_adopted(metrics: Path) -> dict[str, Tuning]:
    """The adopted searches by method; none if there is no file. Raises `UserError` if damaged."""
    path = adopted_path(metrics)
    if not path.is_file():
        return {}
    try:
        return {name: Tuning.model_validate(one) for name, one in read_json(path).items()}
    except (ValidationError, AttributeError):
        raise UserError(f"{path} is damaged: take it from git, or delete it") from None


def not_tuned_here(now: Mapping[str, Tuning], adopted: Mapping[str, Tuning]) -> list[str]:
    """The methods whose recipe was tuned neither on this data and model nor in this run.

    now: by method what the tune stages say. A method with nothing to tune is not in it.
    """
    return [
        name
        for name, tuning in now.items()
        if tuning.recipe and not tuning.tuned and not _fits(tuning, adopted.get(name))
    ]


def _fits(now: Tuning, adopted: Tuning | None) -> bool:
    return (
        adopted is not None
        and adopted.recipe == now.recipe
        and (adopted.data_sha256, adopted.model) == (now.data_sha256, now.model)
    )
