"""Does the fast path learn as much as stock Trainer? LoRA trained both ways, from the same seeds.

The plain way has none of the fast path's pieces: random batches, torch's own dropout, fp32. Batch
size, learning rate, schedule and epochs are those of the parameters in both.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean, variance
from typing import Any

import numpy as np
from transformers import (
    DataCollatorWithPadding,
    EvalPrediction,
    PrinterCallback,
    Trainer,
    set_seed,
)

from textune.bench.stock import attach
from textune.data.prepared import Prepared, PreparedSplit
from textune.params import Params
from textune.pretrained import load_classifier, load_tokenizer
from textune.training.arguments import learning_arguments, training_arguments
from textune.training.hardware import choose_device
from textune.training.run import Run

SEEDS = (0, 1, 2, 3, 4)
# What the means may differ by at most, in points, or two standard errors if these are more.
_POINTS = 0.5
_METHOD = "lora"


@dataclass(frozen=True)
class Pair:
    """The best epoch's validation accuracy of both ways, from one seed."""

    seed: int
    fast: float
    plain: float


def pairs(params: Params, data: Prepared, seeds: tuple[int, ...] = SEEDS) -> Iterator[Pair]:
    """Train both ways from each seed."""
    for seed in seeds:
        fast = Run(_METHOD, params, data, seed).train()[1:]
        yield Pair(
            seed,
            max(epoch["eval_accuracy"] for epoch in fast),
            max(_plain_accuracies(params, data, seed)),
        )


def verdict(found: list[Pair]) -> str:
    """Both means, their difference with its standard error, and whether that is little enough.

    The standard error is that of the difference of two means of independent runs.
    """
    fast, plain = [pair.fast for pair in found], [pair.plain for pair in found]
    difference = 100 * (mean(fast) - mean(plain))
    error = 100 * math.sqrt((variance(fast) + variance(plain)) / len(found))
    allowed = max(_POINTS, 2 * error)
    inside = abs(difference) <= allowed
    return (
        f"mean validation accuracy over {len(found)} seeds: fast {mean(fast):.4f},"
        f" plain {mean(plain):.4f}; difference {difference:+.2f} points, standard error"
        f" {error:.2f}: {'within' if inside else 'OUTSIDE'} {allowed:.2f} points"
    )


def _plain_accuracies(params: Params, data: Prepared, seed: int) -> list[float]:
    """Validation accuracy after each epoch of stock Trainer."""
    classifier = load_classifier(params.model, data.label_names, seed)
    set_seed(seed)

    def accuracy(output: EvalPrediction) -> dict[str, float]:
        predicted = np.asarray(output.predictions).argmax(axis=1)
        return {"accuracy": float((predicted == output.label_ids).mean())}

    trainer = Trainer(
        model=attach(_METHOD, params, classifier),
        args=training_arguments(
            choose_device(params.train),
            "fp32",
            **learning_arguments(params.train, params.method(_METHOD), seed),
            eval_strategy="epoch",
        ),
        train_dataset=_rows(data.train),
        eval_dataset=_rows(data.validation),
        data_collator=DataCollatorWithPadding(load_tokenizer(params.model)),
        compute_metrics=accuracy,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    log = trainer.state.log_history
    return [entry["eval_accuracy"] for entry in log if "eval_accuracy" in entry]


def _rows(split: PreparedSplit) -> Any:
    """The rows as stock Trainer takes them."""
    return [
        {"input_ids": split.tokens[start : start + length].tolist(), "labels": int(label)}
        for start, length, label in zip(split.offsets, split.lengths, split.labels, strict=True)
    ]
