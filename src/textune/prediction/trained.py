"""A trained model, read back from the folder of its run: what predicting and exporting share."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError

from textune.config.sections import Cleaning, Decision, FastParams, ModelParams
from textune.data.cleaning import mend
from textune.errors import FailedError
from textune.metrics.calibration import rescaled
from textune.modeling.methods.base import EncoderMethod, OneStepMethod
from textune.modeling.methods.registry import method_class
from textune.runs.record import RunRecord
from textune.runs.store import RunFolder
from textune.tasks.base import Task
from textune.tasks.registry import TASKS


class TextModel(Protocol):
    """Whatever gives outputs for texts."""

    def outputs(self, texts: list[str]) -> NDArray[np.floating]:
        """(n, classes) what the task makes probabilities of."""


@dataclass(frozen=True)
class TrainedModel:
    """The model of a run, with what the run says of it."""

    record: RunRecord
    model: TextModel

    @property
    def runtime(self) -> str:
        """In what it computes, as far as it has: an encoder may change that on the way."""
        return str(getattr(self.model, "runtime", "fp32"))

    @property
    def label_names(self) -> list[str]:
        """The names of the k classes."""
        return self.record.label_names

    @property
    def task(self) -> Task:
        """The kind of label."""
        return TASKS[self.record.task]

    @cached_property
    def cleaning(self) -> Cleaning:
        """How texts were cleaned in training."""
        return Cleaning.model_validate(self.record.data["cleaning"])

    def cleaned(self, text: str) -> str:
        """The text as training would have seen it."""
        return mend(text, self.cleaning)

    def probabilities(self, cleaned: list[str]) -> NDArray[np.float64]:
        """(n, k) of cleaned texts, calibrated on validation."""
        if not cleaned:
            return np.empty((0, len(self.label_names)))
        raw = self.task.activate(self.model.outputs(cleaned))
        assert self.record.temperature is not None
        return rescaled(raw, self.record.temperature)

    def decide(self, probabilities: NDArray[np.floating], decision: Decision) -> NDArray[np.int64]:
        """(n,) the class that is predicted for each text."""
        counts = self.record.data["examples"]["validation"]
        labels = np.repeat(np.arange(len(counts)), counts)
        weights = self.task.decision_weights(decision, labels, len(counts))
        return self.task.decide(probabilities, weights)


def load_trained(folder: Path, device: str = "auto") -> TrainedModel:
    """The model of the run in `folder`. Raises `UserError` if it cannot be had or used.

    device: auto, cpu or cuda.
    """
    run = RunFolder(folder)
    record = run.read_usable()
    try:
        return TrainedModel(record, _model(run, record, device))
    except ValidationError:
        raise FailedError(
            f"{run.record} is of another version of textune; run `dvc repro`"
        ) from None
    except (SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise FailedError(
            f"{run.weights} is damaged ({' '.join(str(error).split()):.80}); run `dvc checkout -f"
            f" {folder}`, or `dvc repro`"
        ) from None


def _model(run: RunFolder, record: RunRecord, device: str) -> TextModel:
    kind = method_class(record.method, f"{run.record}: method")
    method = kind.model_validate(record.params["method"])
    model = record.params.get("model")
    encoder = None if model is None else ModelParams.model_validate(model)
    if isinstance(method, EncoderMethod):
        return _encoder(run, record, device)
    assert isinstance(method, OneStepMethod)
    made = method.model(len(record.label_names), encoder, _device(device) if encoder else "cpu")
    made.load(run.weights)
    return made


def _encoder(run: RunFolder, record: RunRecord, device: str) -> TextModel:
    """The fastest that loses nothing: in the precision of training where the machine has it.

    Else in fp32, which ONNX Runtime computes faster than torch on a CPU.
    """
    from textune.modeling.checkpoint import load_checkpoint
    from textune.prediction.encoder import EncoderModel
    from textune.prediction.switching import SwitchingModel
    from textune.training.hardware import Precision, available_device, multiplies_bf16
    from textune.training.quiet import quieten

    quieten()
    train = record.params["train"]
    where = available_device(device, "--device")
    in_bf16 = train["precision"] == "bf16" and multiplies_bf16(where)
    precision: Precision = "bf16" if in_bf16 else "fp32"
    # Few predictions are worth the time that compiling takes.
    fast = FastParams.model_validate({**train["fast"], "compiled": False})
    encoder = EncoderModel(load_checkpoint(run.path), fast, where, precision)
    return SwitchingModel(encoder) if (where, precision) == ("cpu", "fp32") else encoder


def _device(device: str) -> str:
    from textune.training.hardware import available_device

    return available_device(device, "--device")
