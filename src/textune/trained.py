"""The folder of a trained model: what a run writes there, and the model read back."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn
from transformers import PreTrainedTokenizerBase

from textune.errors import UserError
from textune.files import read_json, write_json
from textune.methods import method_class
from textune.params import ModelParams
from textune.pretrained import load_classifier, load_tokenizer
from textune.training.hardware import peak_memory_mib

if TYPE_CHECKING:
    from textune.training.run import Run

_RECORD = "run.json"
_PACKAGES = ("torch", "transformers", "peft", "adapters", "datasets", "numpy")


@dataclass(frozen=True)
class TrainedModel:
    """A model ready to predict, in eval mode on the CPU, with its tokenizer."""

    model: nn.Module
    tokenizer: PreTrainedTokenizerBase
    label_names: list[str]
    max_length: int


def write_run(run: "Run", folder: Path) -> None:
    """Save the model of `run`, its cost and its provenance to `folder`."""
    weights = folder / "model"
    weights.mkdir(parents=True, exist_ok=True)
    run.method.save(run.model, run.classifier, weights)
    train = run.params.train.model_dump(exclude={"seeds"})
    record: dict[str, Any] = {
        "method": run.name,
        "seed": run.seed,
        "label_names": run.label_names,
        "best_epoch": run.best_epoch,
        "trainable_parameters": run.trainable_parameters,
        "total_parameters": run.total_parameters,
        "training_flops": run.training_flops,
        "train_seconds": round(run.train_seconds, 2),
        "tweets_per_second": round(run.rows_per_second, 2),
        "peak_memory_mib": round(peak_memory_mib()),
        "saved_bytes": sum(file.stat().st_size for file in weights.iterdir()),
        "params": {
            "model": run.params.model.model_dump(),
            "train": {**train, "device": run.device, "precision": run.precision},
            run.name: run.method.model_dump(),
        },
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        },
    }
    write_json(folder / _RECORD, record)


def load_trained(folder: Path) -> TrainedModel:
    """The model that `write_run` saved to `folder`. Raises `UserError` if there is none."""
    if not (folder / _RECORD).is_file():
        raise UserError(f"{folder} holds no trained model; run `dvc repro` or `dvc pull`")
    record = read_json(folder / _RECORD)
    params = ModelParams.model_validate(record["params"]["model"])
    method = method_class(record["method"]).model_validate(record["params"][record["method"]])
    classifier = load_classifier(params, record["label_names"], record["seed"])
    model = method.load(classifier, folder / "model").eval()
    return TrainedModel(model, load_tokenizer(params), record["label_names"], params.max_length)
