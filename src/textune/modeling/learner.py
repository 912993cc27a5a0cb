"""What a comparison needs of whatever learns: fit on train with validation, predict, save, load."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textune.config.sections import ModelParams, TrainParams
from textune.data.tokenized import Prepared
from textune.runs.predictions import Predictions
from textune.runs.record import Cost
from textune.runs.store import Split
from textune.tasks.base import Task


@dataclass(frozen=True)
class Job:
    """What is to be learned, from which seed.

    live: receives dvclive's record, if it is given; together: so many seeds share their steps.
    """

    name: str
    task: Task
    model: ModelParams
    train: TrainParams
    data: Prepared
    seed: int
    live: Path | None = None
    together: int = 1


class Learner(ABC):
    """One method trained from one seed.

    `start` comes first, then `fit`, or `load` in the place of both.
    """

    # The epoch that was kept; 0 is the untrained model.
    best_epoch: int = 0

    @abstractmethod
    def start(self) -> None:
        """Make the untrained model, which can predict. Raises `UserError` if it cannot be had."""

    @abstractmethod
    def fit(self) -> list[dict[str, float]]:
        """Train, and keep the best epoch's model. Returns validation's metrics by epoch, from 0.

        Raises `Interrupted` if it is told to end, and `DivergedError`.
        """

    def forget(self) -> None:  # noqa: B027
        """Called when what was learned is kept: what an ended `fit` goes on from may go."""

    @abstractmethod
    def predict(self, split: Split) -> Predictions:
        """What the model predicts for every example of a split."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what `load` needs to `folder`, which is there."""

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Take the model that `save` wrote."""

    @abstractmethod
    def cost(self) -> Cost:
        """What `fit` cost."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The parameters behind the model beside the method's own, by section, for the record."""
