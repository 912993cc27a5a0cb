"""Does the fast path learn as much as stock Trainer? LoRA trained both ways, from the same seeds.

Stock Trainer has none of the fast path's pieces: random batches, torch's own dropout, fp32. Batch
size, learning rate, schedule and epochs are those of the parameters in both.
"""

import math
from collections.abc import Iterator, Sequence
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

from benchmarks.stock import attach
from textune.data.tokenized import Prepared, PreparedSplit
from textune.metrics.evaluate_metric import Scores
from textune.modeling.pretrained import load_classifier
from textune.modeling.tokenizer import load_tokenizer
from textune.params import Params
from textune.pipeline.learners import make_learner
from textune.training.arguments import learning_arguments, training_arguments
from textune.training.hardware import choose_device

SEEDS = (0, 1, 2, 3, 4)
# What the means may differ by at most, in points, or two standard errors if these are more.
_POINTS = 0.5
_METHOD = "lora"


@dataclass(frozen=True)
class Pair:
    """The best epoch's validation accuracy of both ways, from one seed."""

    seed: int
    fast: float
    stock: float


def pairs(params: Params, data: Prepared, seeds: Sequence[int] = SEEDS) -> Iterator[Pair]:
    """Train both ways from each seed."""
    for seed in seeds:
        yield Pair(seed, _fast_accuracy(params, data, seed), _stock_accuracy(params, data, seed))


def verdict(pairs: Sequence[Pair]) -> str:
    """Both means, their difference with its standard error, and whether that is little enough.

    The standard error is that of the difference of two means of independent runs.
    """
    fast, stock = [pair.fast for pair in pairs], [pair.stock for pair in pairs]
    difference = 100 * (mean(fast) - mean(stock))
    error = 100 * math.sqrt((variance(fast) + variance(stock)) / len(pairs))
    allowed = max(_POINTS, 2 * error)
    inside = abs(difference) <= allowed
    return (
        f"mean validation accuracy over {len(pairs)} seeds: fast path {mean(fast):.4f},"
        f" stock Trainer {mean(stock):.4f}; difference {difference:+.2f} points, standard error"
        f" {error:.2f}: {'within' if inside else 'OUTSIDE'} {allowed:.2f} points"
    )


def stock_trainer(params: Params, data: Prepared, seed: int) -> Trainer:
    """LoRA through stock Trainer, which validates after each epoch."""
    method = params.encoder_method(_METHOD)
    classifier = load_classifier(params.model, data.label_names, seed)
    set_seed(seed)
    metric = Scores(data.label_names)

    def compute_metrics(output: EvalPrediction) -> dict[str, float]:
        probabilities = params.task.activate(np.asarray(output.predictions))
        scores: dict[str, float] = metric.compute(
            predictions=probabilities, references=output.label_ids
        )
        return scores

    trainer = Trainer(
        model=attach(method, classifier),
        args=training_arguments(
            choose_device(params.train),
            "fp32",
            **learning_arguments(params.train, float(method.learning_rate), seed),
            eval_strategy="epoch",
        ),
        train_dataset=_dataset(data.train),
        eval_dataset=_dataset(data.validation),
        data_collator=DataCollatorWithPadding(load_tokenizer(params.model)),
        compute_metrics=compute_metrics,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _fast_accuracy(params: Params, data: Prepared, seed: int) -> float:
    learner = make_learner(params, _METHOD, data, seed)
    learner.start()
    # The first is the untrained model's.
    return max(epoch["accuracy"] for epoch in learner.fit()[1:])


def _stock_accuracy(params: Params, data: Prepared, seed: int) -> float:
    trainer = stock_trainer(params, data, seed)
    trainer.train()
    log = trainer.state.log_history
    return max(entry["eval_accuracy"] for entry in log if "eval_accuracy" in entry)


def _dataset(split: PreparedSplit) -> Any:
    """The examples as stock Trainer takes them."""
    return [
        {"input_ids": split.tokens[start : start + length].tolist(), "labels": int(label)}
        for start, length, label in zip(split.offsets, split.lengths, split.labels, strict=True)
    ]
