"""A method without encoder or torch: every example gets the shares of train's labels.

A test puts this file among the methods, to show that nothing above them needs more than a learner.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from dvclive import Live

from textune.metrics.calibration import calibrated_loss
from textune.metrics.catalog import OF_EPOCHS
from textune.modeling.learner import Job, Learner
from textune.modeling.methods.base import OwnLearner
from textune.runs.predictions import Predictions
from textune.runs.record import Cost
from textune.runs.store import Split


class Majority(OwnLearner):
    """Predicts train's most frequent class."""

    # Counted in advance for classes that train might lack.
    smoothing: float

    def learner(self, job: Job) -> Learner:
        return MajorityLearner(self.smoothing, job)


class MajorityLearner(Learner):
    """The shares of the classes in train."""

    def __init__(self, smoothing: float, job: Job) -> None:
        self._smoothing, self._job = smoothing, job
        self._shares = np.empty(0)

    def start(self) -> None:
        classes = len(self._job.data.label_names)
        self._shares = np.full(classes, 1 / classes)

    def fit(self) -> list[dict[str, float]]:
        untrained = self._validated(epoch=0)
        counts = np.bincount(self._job.data.train.labels, minlength=len(self._shares))
        smoothed = counts + self._smoothing
        self._shares = smoothed / smoothed.sum()
        self.best_epoch = 1
        epochs = [untrained, self._validated(epoch=1)]
        if self._job.live is not None:
            self._write_curves(self._job.live, epochs)
        return epochs

    def predict(self, split: Split) -> Predictions:
        examples = getattr(self._job.data, split)
        shares = np.tile(self._shares.astype(np.float32), (len(examples), 1))
        groups = None if examples.groups is None else examples.groups.tolist()
        return Predictions(examples.row_ids, examples.labels, shares, groups)

    def save(self, folder: Path) -> None:
        (folder / "shares.json").write_text(json.dumps(self._shares.tolist()))

    def load(self, folder: Path) -> None:
        self._shares = np.array(json.loads((folder / "shares.json").read_text()))

    def cost(self) -> Cost:
        size = len(self._shares)
        return Cost(
            trainable_parameters=size,
            total_parameters=size,
            training_flops=float(len(self._job.data.train)),
            train_seconds=0.01,
            examples_per_second=len(self._job.data.train) / 0.01,
            peak_memory_mib=1.0,
        )

    def settings(self) -> dict[str, Any]:
        return {}

    def _validated(self, epoch: int) -> dict[str, float]:
        task, predictions = self._job.task, self.predict("validation")
        predicted = task.decide(predictions.probabilities)
        scores = task.scores(
            predictions.labels, predicted, predictions.probabilities, self._job.data.label_names
        )
        calibrated = calibrated_loss(predictions.labels, predictions.probabilities)
        return {
            **scores,
            "loss": scores["log_loss"],
            "calibrated_loss": calibrated,
            "epoch": epoch,
        }

    def _write_curves(self, folder: Path, epochs: list[dict[str, float]]) -> None:
        live = Live(str(folder), dvcyaml=False, save_dvc_exp=False)
        for epoch in epochs:
            for metric in OF_EPOCHS:
                live.log_metric(f"validation/{metric}", epoch[metric])
            live.next_step()
        live.end()
