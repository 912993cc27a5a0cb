"""Runs on disk: where a run keeps what, and the runs that are compared.

A run is one method trained from one seed, in <folder>/<name>/<seed>/. Only this file knows the
layout within.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from textune.config.base import UNTRAINED
from textune.config.sections import Decision
from textune.errors import UserError
from textune.io import follow_umask, read_json, write_json
from textune.runs import predictions
from textune.runs.predictions import Predictions
from textune.runs.record import Cost, RunRecord, read_record, write_record
from textune.runs.skipped import as_skipped, reason_in
from textune.tasks.base import Task
from textune.tasks.registry import TASKS

Split = Literal["validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, and the paths in it."""

    path: Path

    @classmethod
    def of(cls, runs: Path, name: str, seed: int) -> "RunFolder":
        """That of a run in the folder `runs`."""
        return cls(runs / name / str(seed))

    @property
    def weights(self) -> Path:
        """The folder of what was trained."""
        return self.path / "model"

    @property
    def live(self) -> Path:
        """The folder of dvclive's record of every epoch."""
        return self.path / "live"

    @property
    def record(self) -> Path:
        """run.json."""
        return self.path / "run.json"

    @property
    def skipped(self) -> Path:
        """skipped.json, which is there instead of the rest if the method did not run."""
        return self.path / "skipped.json"

    def curve(self, metric: str) -> Path:
        """The validation's values of a metric by epoch, as dvclive writes them."""
        return self.live / "plots/metrics/validation" / f"{metric}.tsv"

    def predictions(self, split: Split, untrained: bool = False) -> Path:
        """What the trained model, or the one before training, predicts for a split."""
        return self.path / (UNTRAINED if untrained else "predictions") / f"{split}.parquet"

    @property
    def has_untrained(self) -> bool:
        """Whether the predictions before training are there."""
        return self.predictions("test", untrained=True).parent.is_dir()

    def write_predictions(
        self, split: Split, predicted: Predictions, untrained: bool = False
    ) -> None:
        """Write what a model predicts for a split."""
        predictions.write(self.predictions(split, untrained), predicted)

    def write_weights(self, save: Callable[[Path], None]) -> None:
        """Have what was trained written by `save`, which gets the folder."""
        self.weights.mkdir(parents=True, exist_ok=True)
        save(self.weights)
        follow_umask(self.weights)

    def write_record(self, record: RunRecord) -> None:
        """Write run.json."""
        write_record(self.record, record)

    def read(self) -> "Run":
        """The run. Raises `UserError` if it is missing or incomplete."""
        if not self.path.is_dir():
            raise UserError(
                f"{self.path} is missing: run `dvc repro`, or take {self.path.parent.name} out of"
                " methods in params.yaml"
            )
        self.require_run()
        return Run(self, read_record(self.record), self._read_splits(untrained=False))

    def write_skipped(self, reason: str) -> None:
        """Write why the method did not run, in the place of all else."""
        write_json(self.skipped, as_skipped(reason))

    def why_skipped(self) -> str | None:
        """Why the method did not run, if it did not."""
        return reason_in(read_json(self.skipped)) if self.skipped.is_file() else None

    def require_run(self) -> None:
        """Raise `UserError` if the method did not run."""
        if reason := self.why_skipped():
            raise UserError(f"{self.path.parent.name} did not run, as {reason}; run `dvc repro`")

    def read_usable(self) -> RunRecord:
        """The record of a model that is here and can be used. Raises `UserError` if there is none.

        A run of an older version does not say how its texts were cleaned.
        """
        self.require_run()
        if not self.record.is_file() or not self.weights.is_dir():
            raise UserError(
                f"{self.path} holds no trained model; run `dvc repro`, or"
                f" `dvc pull train_{self.path.parent.name}`"
            )
        record = read_record(self.record)
        if record.temperature is None or "cleaning" not in record.data:
            raise UserError(
                f"{self.record} is of an older textune, which did not write how texts were cleaned;"
                " run `dvc repro`"
            )
        return record

    def read_untrained(self) -> "Run":
        """The model that the run started from, which cost nothing to make."""
        record = read_record(self.record)
        free = Cost(
            trainable_parameters=0,
            total_parameters=record.cost.total_parameters,
            training_flops=0.0,
            train_seconds=0.0,
            examples_per_second=0.0,
            peak_memory_mib=0.0,
        )
        changes = {"name": UNTRAINED, "best_epoch": 0, "cost": free, "saved_bytes": 0}
        return Run(self, record.model_copy(update=changes), self._read_splits(untrained=True))

    def _read_splits(self, untrained: bool) -> dict[Split, Predictions]:
        return {split: predictions.read(self.predictions(split, untrained)) for split in SPLITS}


@dataclass(frozen=True)
class Run:
    """One method trained with one seed: its folder, record and predictions by split.

    weights: (k,) of the classes in the decision for one of them; None: all alike.
    """

    folder: RunFolder
    record: RunRecord
    predictions: dict[Split, Predictions]
    weights: NDArray[np.float64] | None = None

    @property
    def task(self) -> Task:
        """The kind of label."""
        return TASKS[self.record.task]

    def predicted(self, split: Split) -> NDArray[np.int64]:
        """(n,) what is predicted for each example."""
        return self.task.decide(self.predictions[split].probabilities, self.weights)

    def example_scores(self, split: Split) -> NDArray[np.float64]:
        """(n,) the score of each example: whether it is right."""
        return self.task.example_scores(self.predictions[split].labels, self.predicted(split))

    def scores(self, split: Split) -> dict[str, float]:
        """By metric, of all examples."""
        of_split = self.predictions[split]
        return self.task.scores(
            of_split.labels, self.predicted(split), of_split.probabilities, self.record.label_names
        )

    def decided(self, decision: Decision) -> "Run":
        """The same with another way from probabilities to a class, by validation's labels."""
        labels, classes = self.predictions["validation"].labels, len(self.record.label_names)
        weights = self.task.decision_weights(decision, labels, classes)
        return Run(self.folder, self.record, self.predictions, weights)


@dataclass(frozen=True)
class RunSet(Mapping[str, list[Run]]):
    """The runs of each method, one a seed, in the declared order of methods; `untrained` first.

    titles: what people call the methods.
    """

    runs: dict[str, list[Run]]
    seeds: list[int]
    titles: dict[str, str]
    decision: Decision

    def __getitem__(self, name: str) -> list[Run]:
        return self.runs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    @property
    def methods(self) -> list[str]:
        """The names without `untrained`, in the declared order."""
        return [name for name in self.runs if name != UNTRAINED]

    @property
    def first(self) -> Run:
        """Any run: labels and examples are the same in all."""
        return next(iter(self.runs.values()))[0]

    @property
    def label_names(self) -> list[str]:
        """The names of the classes."""
        return self.first.record.label_names

    def title(self, name: str) -> str:
        """What people call a method, or `untrained`."""
        if name == UNTRAINED:
            return "untrained head"
        title = self.titles.get(name, name)
        trained = self.runs[name][0].record.cost.trainable_parameters > 0
        return title if trained else f"{title}, left untrained"
