"""Learners without epochs of their own: what they learn, they learn in one step."""

import time
from abc import abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textune.data.tokenized import PreparedSplit
from textune.metrics.calibration import calibrated_loss
from textune.metrics.catalog import OF_EPOCHS
from textune.modeling.learner import Job, Learner
from textune.runs.predictions import Predictions
from textune.runs.record import Cost
from textune.runs.store import Split


class OneStepLearner(Learner):
    """Learns all at once: that is its only epoch."""

    # Operations of the step; a learner that counts them adds to it.
    operations: float = 0.0

    def __init__(self, job: Job) -> None:
        self.job = job
        self._seconds = 0.0

    @abstractmethod
    def learn(self) -> None:
        """Learn from train."""

    @abstractmethod
    def outputs(self, examples: PreparedSplit) -> NDArray[np.floating]:
        """(n, classes) what the task makes probabilities of; also before anything is learned."""

    @abstractmethod
    def parameters(self) -> tuple[int, int]:
        """How many are trained, and how many there are in all."""

    def start(self) -> None:
        """Nothing is needed."""

    def fit(self) -> list[dict[str, float]]:
        before = self._validated(0)
        start = time.perf_counter()
        self.learn()
        self._seconds, self.best_epoch = time.perf_counter() - start, 1
        epochs = [before, self._validated(1)]
        if self.job.live is not None:
            _record(self.job.live, epochs)
        return epochs

    def predict(self, split: Split) -> Predictions:
        examples: PreparedSplit = getattr(self.job.data, split)
        probabilities = self.job.task.activate(self.outputs(examples)).astype(np.float32)
        groups = None if examples.groups is None else examples.groups.tolist()
        return Predictions(examples.row_ids, examples.labels, probabilities, groups)

    def cost(self) -> Cost:
        trained, total = self.parameters()
        examples = len(self.job.data.train)
        return Cost(
            trainable_parameters=trained,
            total_parameters=total,
            training_flops=self.operations,
            train_seconds=round(self._seconds, 2),
            examples_per_second=round(examples / self._seconds, 2) if self._seconds else 0.0,
            # Not measured: the rest of the process holds more.
            peak_memory_mib=0.0,
        )

    def settings(self) -> dict[str, Any]:
        train = self.job.train
        return {"train": {"class_weight": train.class_weight, "resample": train.resample}}

    def _validated(self, epoch: int) -> dict[str, float]:
        task, predictions = self.job.task, self.predict("validation")
        labels, probabilities = predictions.labels, predictions.probabilities
        predicted = task.decide(probabilities)
        scores = task.scores(labels, predicted, probabilities, self.job.data.label_names)
        return {
            **scores,
            "loss": scores["log_loss"],
            "calibrated_loss": calibrated_loss(labels, probabilities),
            "epoch": epoch,
        }


def _record(folder: Path, epochs: list[dict[str, float]]) -> None:
    from dvclive import Live

    live = Live(str(folder), dvcyaml=False, save_dvc_exp=False)
    for epoch in epochs:
        for metric in OF_EPOCHS:
            live.log_metric(f"validation/{metric}", epoch[metric])
        live.next_step()
    live.end()
