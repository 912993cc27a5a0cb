"""What learns all at once, without epochs of its own, as a learner."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from textune.data.tokenized import PreparedSplit
from textune.errors import UserError
from textune.metrics.calibration import calibrated_loss
from textune.metrics.catalog import OF_EPOCHS
from textune.modeling.learner import Job, Learner
from textune.modeling.methods.base import OneStepMethod
from textune.runs.predictions import Predictions
from textune.runs.record import Cost
from textune.runs.store import Split


class OneStepLearner(Learner):
    """A `OneStepMethod` learning from one seed."""

    def __init__(self, method: OneStepMethod, job: Job, device: str) -> None:
        self._method, self._job = method, job
        encoder = job.model if method.uses_encoder else None
        self._model = method.model(len(job.data.label_names), encoder, device)
        self._seconds = self._operations = 0.0

    def start(self) -> None:
        self._model.start()

    def fit(self) -> list[dict[str, float]]:
        job = self._job
        before = self._validated(0)
        start = time.perf_counter()
        try:
            self._operations = self._model.learn(job.data.train, job.train, job.seed)
        except UserError as error:
            raise UserError(f"{job.name}.{error}") from None
        self._seconds, self.best_epoch = time.perf_counter() - start, 1
        epochs = [before, self._validated(1)]
        if job.live is not None:
            _record(job.live, epochs)
        return epochs

    def predict(self, split: Split) -> Predictions:
        examples: PreparedSplit = getattr(self._job.data, split)
        outputs = self._model.outputs(examples.texts())
        probabilities = self._job.task.activate(outputs).astype(np.float32)
        groups = None if examples.groups is None else examples.groups.tolist()
        return Predictions(examples.row_ids, examples.labels, probabilities, groups)

    def save(self, folder: Path) -> None:
        self._model.save(folder)

    def load(self, folder: Path) -> None:
        self._model.load(folder)

    def cost(self) -> Cost:
        parameters, examples = self._model.parameters(), len(self._job.data.train)
        return Cost(
            trainable_parameters=parameters,
            total_parameters=parameters,
            training_flops=self._operations,
            train_seconds=round(self._seconds, 2),
            examples_per_second=round(examples / self._seconds, 2) if self._seconds else 0.0,
            # Not measured: the rest of the process holds more.
            peak_memory_mib=0.0,
        )

    def settings(self) -> dict[str, Any]:
        train = {key: getattr(self._job.train, key) for key in self._method.train_keys}
        model = {"model": self._job.model.model_dump()} if self._method.uses_encoder else {}
        return {**model, "train": train}

    def _validated(self, epoch: int) -> dict[str, float]:
        task, predictions = self._job.task, self.predict("validation")
        labels, probabilities = predictions.labels, predictions.probabilities
        predicted = task.decide(probabilities)
        scores = task.scores(labels, predicted, probabilities, self._job.data.label_names)
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
