"""Small fake models/ folders, as the train stages would leave them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from textune.config.sections import Decision, EvaluateParams
from textune.runs import predictions
from textune.runs.loading import load_runs
from textune.runs.predictions import Predictions
from textune.runs.record import Cost, RunRecord
from textune.runs.store import SPLITS, RunFolder, RunSet

LABELS = ["very negative", "neutral", "🙂"]
EXAMPLES = 240
KINDS = {"baseline": "head", "lora_all": "lora", "lora_again": "lora"}
TRAINED = {"baseline": 1_155, "lora": 74_883, "full": 22_714_371}
TITLES = {"baseline": "trained head (baseline)", "lora": "LoRA", "full": "full fine-tuning"}


def settings(**changes: Any) -> EvaluateParams:
    """Of the comparison, for small data."""
    values = {
        "confidence_level": 0.9,
        "noninferiority_margin": 0.05,
        "level": 0.05,
        "planned_seeds": None,
        "cost": "parameters",
        "metric": "accuracy",
        "decision": "most_probable",
        "resamples": 1000,
        "seed": 0,
    }
    return EvaluateParams.model_validate({**values, **changes})


def load(
    models: Path,
    seeds: Sequence[int],
    methods: Sequence[str] = tuple(TRAINED),
    decision: Decision = "most_probable",
    titles: Mapping[str, str] = TITLES,
) -> RunSet:
    """The runs of `methods` in the folder `models`."""
    return load_runs(dict.fromkeys(methods, models), seeds, titles, decision)


def random_predictions(
    seed: int, skill: float, examples: int = EXAMPLES, classes: int = 3
) -> Predictions:
    """Predictions of a model that is right more often the larger `skill`; labels do not vary."""
    labels = np.random.default_rng(0).integers(0, classes, examples)
    random = np.random.default_rng(seed)
    logits = random.normal(size=(examples, classes)) + skill * np.eye(classes)[labels]
    return Predictions([f"row-{n}" for n in range(examples)], labels, softmax(logits))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    powers = np.exp(logits)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def write_models(folder: Path, seeds: Sequence[int] = (0, 1)) -> None:
    """baseline, lora and full, each trained with seeds 0 and 1."""
    for seed in seeds:
        write_run(folder, "baseline", seed, skill=0.5, trainable=TRAINED["baseline"])
        write_run(folder, "lora", seed, skill=1.5, trainable=TRAINED["lora"])
        write_run(folder, "full", seed, skill=1.6, trainable=TRAINED["full"])


def write_run(
    models: Path,
    name: str,
    seed: int,
    *,
    skill: float,
    trainable: int,
    examples: int = EXAMPLES,
    labels: Sequence[str] = LABELS,
) -> RunFolder:
    """Write one run; its predictions depend on `trainable` and the seed."""
    size = {"examples": examples, "classes": len(labels)}
    folder = RunFolder.of(models, name, seed)
    for split in SPLITS:
        folder.write_predictions(split, random_predictions(trainable + seed, skill, **size))
        if name == "baseline":
            before = random_predictions(99 + seed, 0, **size)
            folder.write_predictions(split, before, untrained=True)
    write_curve(folder, "accuracy", [0.3, 0.5 + seed / 10, 0.6])
    write_curve(folder, "loss", [1.1, 0.8, 0.9])
    method = KINDS.get(name, name)
    folder.write_record(
        RunRecord(
            name=name,
            method=method,
            task="single_label",
            seed=seed,
            label_names=list(labels),
            best_epoch=2,
            cost=Cost(
                trainable_parameters=trainable,
                total_parameters=22_714_371,
                training_flops=trainable * 1e6,
                train_seconds=100.0 + 50 * seed,
                examples_per_second=140.0 + 10 * seed,
                peak_memory_mib=800.0 + 100 * seed,
            ),
            saved_bytes=trainable * 4,
            params={
                "model": {"name": "bundled:a", "revision": None, "max_length": 128},
                "method": {"method": method},
            },
            versions={"torch": "2.13.0"},
        )
    )
    return folder


def make_a_class_rare(models: Path, examples: int) -> NDArray[np.int64]:
    """Let validation have so few examples of the first class; returns its labels."""
    labels = 1 + np.arange(EXAMPLES) % 2
    labels[:examples] = 0
    for path in models.rglob("validation.parquet"):
        predictions.write(path, replace(predictions.read(path), labels=labels))
    return labels


def write_texts(path: Path, examples: int = EXAMPLES) -> list[str]:
    """A prepared split with the texts of `random_predictions`."""
    kinds = ["@user hello there", "see http now", "so good 😀", "=1+1", "a longer text of words"]
    texts = [f"{kinds[number % 5]} {'more ' * (number % 7)}{number}" for number in range(examples)]
    path.parent.mkdir(parents=True, exist_ok=True)
    table = {"row_id": [f"row-{number}" for number in range(examples)], "text": texts}
    pq.write_table(pa.table(table), path)
    return texts


def write_curve(run: RunFolder, metric: str, values: list[float]) -> None:
    path = run.curve(metric)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{epoch}\t{value}" for epoch, value in enumerate(values)]
    path.write_text("\n".join([f"step\t{metric}", *lines]) + "\n", encoding="utf-8")
