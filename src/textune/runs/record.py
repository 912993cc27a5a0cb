"""The record of a run, run.json: what was trained, on what, and what it cost."""

import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from textune.errors import UserError
from textune.io import write_json

_PACKAGES = ("torch", "transformers", "peft", "adapters", "datasets", "numpy", "scikit-learn")


class Cost(BaseModel):
    """What a run cost.

    training_flops: operations; train_seconds: s of training steps, without validation;
    examples_per_second: training examples seen in one of these; peak_memory_mib: MiB, the most
    that was held while it trained. All are 0 for a run that trained nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainable_parameters: int
    total_parameters: int
    training_flops: float
    train_seconds: float
    examples_per_second: float
    peak_memory_mib: float


class RunRecord(BaseModel):
    """One run: `name` is what the comparison calls it, `method` the kind of method.

    best_epoch: the epoch that was kept, 0 for the untrained model; saved_bytes: bytes on disk of
    what was trained; params: the parameters that it was trained with, by section (`method` has the
    method's own), with the device and precision that `auto` stood for; data: what it learned from:
    by split the number of examples of each class, the SHA-256 of train and validation, and how
    texts were cleaned; temperature: what logits are divided by so that probabilities fit
    validation's labels best; doubts: sentences about a training that went wrong.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    method: str
    task: str
    seed: int
    label_names: list[str]
    best_epoch: int
    cost: Cost
    saved_bytes: int
    params: dict[str, Any]
    # Runs of an older version have neither.
    data: dict[str, Any] = Field(default_factory=dict)
    temperature: float | None = None
    versions: dict[str, str]
    doubts: list[str] = Field(default_factory=list)


def installed_versions(packages: Iterable[str] = _PACKAGES) -> dict[str, str]:
    """The versions of Python and of the packages that decide what a run learns."""
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def write_record(path: Path, record: RunRecord) -> None:
    """Write the record as JSON, whole or not at all."""
    write_json(path, record.model_dump())


def read_record(path: Path) -> RunRecord:
    """Read a record. Raises `UserError` if it is missing or not one of this version's."""
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path} is missing: delete {path.parent} and run `dvc repro`") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UserError(
            f"{path}: {key or 'content'}: {first['msg']}; delete {path.parent} and run `dvc repro`"
        ) from None
