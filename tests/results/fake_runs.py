"""Small fake models/ folders, as the train stages would leave them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from textune.params import EvaluateParams
from textune.results import predictions
from textune.results.predictions import Predictions

LABELS = ["very negative", "neutral", "🙂"]
ROWS = 240


def settings(**changes: Any) -> EvaluateParams:
    """Of the comparison, for small data."""
    values = {
        "confidence": 0.9,
        "margin": 0.05,
        "metric": "accuracy",
        "decision": "most_probable",
        "resamples": 1000,
        "seed": 0,
    }
    return EvaluateParams.model_validate({**values, **changes})


def random_predictions(seed: int, skill: float, rows: int = ROWS, classes: int = 3) -> Predictions:
    """Predictions of a model that is right more often the larger `skill`; labels do not vary."""
    labels = np.random.default_rng(0).integers(0, classes, rows)
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, classes)) + skill * np.eye(classes)[labels]
    return Predictions([f"row-{n}" for n in range(rows)], labels, softmax(logits))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    powers = np.exp(logits)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def write_models(folder: Path) -> None:
    """baseline, lora and full, each trained with seeds 0 and 1."""
    for seed in (0, 1):
        write_run(folder, "baseline", seed, skill=0.5, trainable=1_155)
        write_run(folder, "lora", seed, skill=1.5, trainable=74_883)
        write_run(folder, "full", seed, skill=1.6, trainable=22_714_371)


def write_run(models: Path, method: str, seed: int, *, skill: float, trainable: int) -> Path:
    """Write one run; its predictions depend on the method and the seed."""
    folder = models / method / str(seed)
    for split in ("validation", "test"):
        found = random_predictions(trainable + seed, skill)
        predictions.write(folder / "predictions" / f"{split}.parquet", found)
        if method == "baseline":
            untrained = random_predictions(99 + seed, skill=0)
            predictions.write(folder / "untrained" / f"{split}.parquet", untrained)
    write_curve(folder, "accuracy", [0.3, 0.5 + seed / 10, 0.6])
    write_curve(folder, "loss", [1.1, 0.8, 0.9])
    record = {
        "method": method,
        "seed": seed,
        "label_names": LABELS,
        "best_epoch": 2,
        "trainable_parameters": trainable,
        "total_parameters": 22_714_371,
        "training_flops": trainable * 1e6,
        "train_seconds": 100.0 + 50 * seed,
        "tweets_per_second": 140.0,
        "peak_memory_mib": 800.0 + 100 * seed,
        "saved_bytes": trainable * 4,
        "params": {"model": {"name": "bundled:a", "revision": None, "max_length": 128}},
        "versions": {"torch": "2.13.0"},
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def make_a_class_rare(models: Path, examples: int) -> NDArray[np.int64]:
    """Let validation have so few examples of the first class; returns its labels."""
    labels = 1 + np.arange(ROWS) % 2
    labels[:examples] = 0
    for path in models.rglob("validation.parquet"):
        predictions.write(path, replace(predictions.read(path), labels=labels))
    return labels


def write_texts(path: Path, rows: int = ROWS) -> list[str]:
    """A prepared split with the texts of `random_predictions`."""
    kinds = ["@user hello there", "see http now", "so good 😀", "=1+1", "a longer text of words"]
    texts = [f"{kinds[number % 5]} {'more ' * (number % 7)}{number}" for number in range(rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    table = {"row_id": [f"row-{number}" for number in range(rows)], "text": texts}
    pq.write_table(pa.table(table), path)
    return texts


def write_curve(run: Path, metric: str, values: list[float]) -> None:
    path = run / "live/plots/metrics/validation" / f"{metric}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{epoch}\t{value}" for epoch, value in enumerate(values)]
    path.write_text("\n".join([f"step\t{metric}", *rows]) + "\n", encoding="utf-8")
