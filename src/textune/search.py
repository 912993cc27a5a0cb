"""Learning rates, chosen on validation with a grid of the same size for every method.

Every trial trains on the same part of train, validates on all of validation and never opens test.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from textune.data.prepared import Prepared, read_prepared
from textune.files import read_json, write_json
from textune.methods import METHOD_NAMES
from textune.params import Params
from textune.results.metrics import DIGITS
from textune.training.run import Run


def search(params: Params, path: Path) -> Iterator[tuple[str, float, float]]:
    """Try the grid of each method; yield method, learning rate and score of every trial.

    The score is the best epoch's `train.metric_for_best_model`. `path` has, by method, every
    trial's score and the best learning rate, and what they were found with. It is written after
    each trial, and trials that it has from the same setting are not made again.
    """
    data = read_prepared(with_test=False)
    part = data.train.sample(params.search.max_train_examples, params.data.split_seed)
    data = replace(data, train=part)
    metric, seed = params.train.metric_for_best_model, params.train.seeds[0]
    pick: Callable[..., float] = min if metric == "loss" else max
    setting = _setting(params, data, seed)
    earlier = read_json(path) if path.is_file() else {}
    if earlier.get("setting") != setting:
        earlier = {}
    found: dict[str, Any] = {"setting": setting}
    for name in METHOD_NAMES:
        scores: dict[float, float] = {}
        trials: dict[str, float] = {}
        for rate in params.search.learning_rates[name]:
            score = earlier.get(name, {}).get("trials", {}).get(f"{rate:g}")
            if score is None:
                epochs = _trial(name, rate, params, data, seed)
                score = round(pick(epoch[f"eval_{metric}"] for epoch in epochs), DIGITS)
            scores[rate] = trials[f"{rate:g}"] = score
            best = pick(scores, key=scores.__getitem__)
            found[name] = {"best_learning_rate": best, "trials": trials}
            write_json(path, {**earlier, **found})
            yield name, rate, score
    write_json(path, found)


def _setting(params: Params, data: Prepared, seed: int) -> dict[str, Any]:
    """What a score depends on beside the learning rate; `train` decides what is best."""
    methods = {
        name: params.method(name).model_dump(exclude={"learning_rate"}) for name in METHOD_NAMES
    }
    return {
        "seed": seed,
        "train_rows": len(data.train),
        "validation_rows": len(data.validation),
        "data_sha256": data.digest(),
        "model": params.model.model_dump(),
        "train": params.train.model_dump(exclude={"seeds"}),
        **methods,
    }


def _trial(
    name: str, rate: float, params: Params, data: Prepared, seed: int
) -> list[dict[str, float]]:
    """The validation metrics of the epochs after the untrained model's, or only that one's."""
    method = params.method(name).model_copy(update={"learning_rate": rate})
    epochs = Run(name, params.model_copy(update={name: method}), data, seed).train()
    return epochs[1:] or epochs
