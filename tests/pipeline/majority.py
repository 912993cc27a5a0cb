"""A method without encoder or torch: every example gets the shares of train's labels.

A test puts this file among the methods, to show that a new one needs no more than a model.
"""

import json
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from textune.config.sections import ModelParams, TrainParams
from textune.data.tokenized import PreparedSplit
from textune.modeling.methods.base import OneStepMethod, OneStepModel


class Majority(OneStepMethod):
    """Predicts train's most frequent class."""

    # Counted in advance for classes that train might lack.
    smoothing: float

    uses_encoder: ClassVar[bool] = False

    def model(self, classes: int, encoder: ModelParams | None, device: str) -> OneStepModel:
        return Shares(self.smoothing, classes)


class Shares(OneStepModel):
    """The shares of the classes in train."""

    def __init__(self, smoothing: float, classes: int) -> None:
        self._smoothing = smoothing
        self._shares = np.full(classes, 1 / classes)

    def learn(self, train: PreparedSplit, params: TrainParams, seed: int) -> float:
        counts = np.bincount(train.labels, minlength=len(self._shares)) + self._smoothing
        self._shares = counts / counts.sum()
        return float(len(train))

    def outputs(self, texts: list[str]) -> NDArray[np.floating]:
        return np.tile(np.log(self._shares), (len(texts), 1))

    def parameters(self) -> int:
        return len(self._shares)

    def save(self, folder: Path) -> None:
        (folder / "shares.json").write_text(json.dumps(self._shares.tolist()))

    def load(self, folder: Path) -> None:
        self._shares = np.array(json.loads((folder / "shares.json").read_text()))
