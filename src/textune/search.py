"""Learning rates, chosen on validation with a grid of the same size for every method.

Every trial trains on the same part of train, validates on all of validation and never opens test.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from textune.data.prepared import Prepared, read_prepared
from textune.files import write_json
from textune.methods import METHOD_NAMES
from textune.params import Params
from textune.training.run import Run


def search(params: Params, path: Path) -> Iterator[tuple[str, float, float]]:
    """Try the grid of each method; yield method, learning rate and score of every trial.

    The score is the best epoch's `train.metric_for_best_model`. At the end `path` has, by method,
    every trial's score and the best learning rate, and what they were found with.
    """
    data = read_prepared()
    part = data.train.sample(params.search.max_train_examples, params.data.split_seed)
    data = replace(data, train=part, test=part.sample(0, seed=0))
    metric, seed = params.train.metric_for_best_model, params.train.seeds[0]
    pick: Callable[..., float] = min if metric == "loss" else max
    found: dict[str, Any] = {
        "setting": {
            "metric": metric,
            "seed": seed,
            "epochs": params.train.epochs,
            "train_rows": len(data.train),
            "validation_rows": len(data.validation),
        }
    }
    for name in METHOD_NAMES:
        scores: dict[float, float] = {}
        for rate in params.search.learning_rates[name]:
            epochs = _trial(name, rate, params, data, seed)
            scores[rate] = pick(epoch[f"eval_{metric}"] for epoch in epochs)
            yield name, rate, scores[rate]
        best = pick(scores, key=scores.__getitem__)
        trials = {f"{rate:g}": round(score, 6) for rate, score in scores.items()}
        found[name] = {"best_learning_rate": best, "trials": trials}
    write_json(path, found)


def _trial(
    name: str, rate: float, params: Params, data: Prepared, seed: int
) -> list[dict[str, float]]:
    """The validation metrics of the epochs after the untrained model's, or only that one's."""
    method = params.method(name).model_copy(update={"learning_rate": rate})
    epochs = Run(name, params.model_copy(update={name: method}), data, seed).train()
    return epochs[1:] or epochs
