"""The trained runs in models/<method>/<seed>/, as the train stages leave them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from textune.errors import UserError
from textune.params import Decision
from textune.results import predictions
from textune.results.names import TRAINED_HEAD, UNTRAINED
from textune.results.predictions import Predictions, balanced_weights

Split = Literal["validation", "test"]
SPLITS: tuple[Split, ...] = ("validation", "test")


class RunParams(BaseModel):
    """Of the parameters that a run was trained with, those that all runs must share."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: dict[str, Any]


class RunRecord(BaseModel):
    """What results need of a run's run.json; its other keys tell where the run came from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    label_names: list[str]
    params: RunParams
    trainable_parameters: int
    total_parameters: int
    training_flops: float
    train_seconds: float
    tweets_per_second: float
    peak_memory_mib: float
    saved_bytes: int


@dataclass(frozen=True)
class Run:
    """One method trained with one seed: its folder, record and predictions by split."""

    folder: Path
    record: RunRecord
    predictions: dict[Split, Predictions]


Runs = dict[str, list[Run]]


def load_runs(models: Path, seeds: Sequence[int], decision: Decision = "most_probable") -> Runs:
    """The runs of every method, one a seed in the order of `seeds`.

    A method is a folder in `models`. First comes `untrained` (see `names`), then the methods by
    their number of trainable parameters. Only `seeds` are read: the folder of a seed that was
    dropped from params.yaml may still lie there. `decision` is how probabilities become a class;
    balanced by the shares of the classes in validation.
    Raises UserError if a run is missing or incomplete, or if two runs predict other examples or
    started from other models.
    """
    methods = sorted(path.name for path in _folders(models))
    if not methods:
        raise UserError(f"{models} holds no trained method: run `dvc repro`")
    runs = {method: [read_run(models / method / str(seed)) for seed in seeds] for method in methods}
    methods.sort(key=lambda method: runs[method][0].record.trainable_parameters)
    ordered = {method: runs[method] for method in methods}
    if TRAINED_HEAD in runs:
        ordered = {UNTRAINED: [_untrained(run) for run in runs[TRAINED_HEAD]], **ordered}
    _check_comparable([run for method in ordered.values() for run in method])
    if decision == "balanced":
        ordered = {method: [_balanced(run) for run in ordered[method]] for method in ordered}
    return ordered


def _folders(models: Path) -> list[Path]:
    if not models.is_dir():
        return []
    return [path for path in models.iterdir() if path.is_dir() and not path.name.startswith(".")]


def read_run(folder: Path) -> Run:
    """One run. Raises UserError if it is missing or incomplete."""
    if not folder.is_dir():
        raise UserError(
            f"{folder} is missing: run `dvc repro`, or delete {folder.parent} if dvc.yaml has no "
            "stage for it any more"
        )
    return Run(folder, _read_record(folder / "run.json"), _read_splits(folder / "predictions"))


def _read_record(path: Path) -> RunRecord:
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path} is missing: delete {path.parent} and run `dvc repro`") from None
    except ValidationError as error:
        first = error.errors()[0]
        what = ".".join(str(key) for key in first["loc"])
        raise UserError(
            f"{path}: {what or 'content'}: {first['msg']}; delete {path.parent} and run `dvc repro`"
        ) from None


def _read_splits(folder: Path) -> dict[Split, Predictions]:
    return {split: predictions.read(folder / f"{split}.parquet") for split in SPLITS}


def _untrained(run: Run) -> Run:
    """The pretrained model with the new head that `run` started from; it cost nothing to make."""
    free = {
        "trainable_parameters": 0,
        "training_flops": 0.0,
        "train_seconds": 0.0,
        "tweets_per_second": 0.0,
        "peak_memory_mib": 0.0,
        "saved_bytes": 0,
    }
    folder = run.folder / "untrained"
    return Run(folder, run.record.model_copy(update=free), _read_splits(folder))


def _balanced(run: Run) -> Run:
    labels = run.predictions["validation"].labels
    weights = balanced_weights(labels, len(run.record.label_names))
    weighted = {split: replace(found, weights=weights) for split, found in run.predictions.items()}
    return replace(run, predictions=weighted)


def _check_comparable(runs: Sequence[Run]) -> None:
    """One start for all, and, as paired statistics need, the same examples in the same order."""
    first = runs[0]
    for run in runs[1:]:
        if first.record.params != run.record.params:
            raise UserError(
                f"{first.folder} and {run.folder} started from other models"
                f" ({first.record.params.model} and {run.record.params.model}): run `dvc repro`, or"
                " delete the folder of a method that params.yaml's model lacks"
            )
        for split in SPLITS:
            ours, theirs = first.predictions[split], run.predictions[split]
            if (
                ours.row_ids != theirs.row_ids
                or ours.labels.tolist() != theirs.labels.tolist()
                or first.record.label_names != run.record.label_names
            ):
                raise UserError(
                    f"{first.folder} and {run.folder} predict other {split} examples, so they were "
                    "trained on different data/prepared: run `dvc repro`"
                )
