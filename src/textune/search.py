"""Choices made on validation: learning rates, or values of any one parameter of training.

Every trial trains on the same part of train, validates on all of validation and never opens test.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from textune.data.prepared import Prepared, read_prepared
from textune.errors import UserError
from textune.files import read_json, write_json
from textune.methods import METHOD_NAMES
from textune.params import Params, check_params
from textune.results.metrics import DIGITS
from textune.training.run import VALIDATION_METRICS, Run


@dataclass(frozen=True)
class Grid:
    """Values of `key`, which is `<section>.<parameter>`, to be tried with a method."""

    method: str
    key: str
    values: list[Any]

    def params(self, params: Params, value: Any) -> Params:
        """`params` with `value` in the place of `key`. Raises `UserError` if it may not be."""
        section, _, name = self.key.partition(".")
        values = params.model_dump()
        values[section][name] = value
        return check_params(values, f"{self.key}={value}")


def learning_rate_grids(params: Params) -> list[Grid]:
    """The grids of `search.learning_rates`, as many values for every method."""
    rates = params.search.learning_rates
    return [Grid(name, f"{name}.learning_rate", list(rates[name])) for name in METHOD_NAMES]


def grids_of(varied: str, params: Params, methods: list[str]) -> list[Grid]:
    """The grids of `KEY=VALUE,VALUE`, for `methods`, or all that the key concerns if it is empty.

    Raises `UserError` if training reads no such key, or a value is none of it.
    """
    key, _, texts = varied.partition("=")
    section, _, name = key.partition(".")
    known = ("train", *METHOD_NAMES)
    if section not in known or name not in params.model_dump()[section] or key == "train.seeds":
        raise UserError(
            f"--vary: {key} is no parameter of training; one stands in {', '.join(known)}"
        )
    if not texts:
        raise UserError(f"--vary: {key} has no values; write {key}=VALUE,VALUE")
    try:
        values = YAML(typ="safe", pure=True).load(f"[{texts}]")
    except YAMLError:
        raise UserError(f"--vary: {texts} is no list of values") from None
    concerned = [section] if section in METHOD_NAMES else list(METHOD_NAMES)
    for method in methods:
        params.method(method)
        if method not in concerned:
            raise UserError(f"--vary: {key} is nothing to {method}")
    grids = [Grid(method, key, values) for method in methods or concerned]
    for value in values:
        grids[0].params(params, value)
    return grids


def search(params: Params, grids: list[Grid], path: Path) -> Iterator[tuple[Grid, Any, float]]:
    """Try the grids; yield grid, value and score of every trial.

    The score is the best epoch's `train.metric_for_best_model`. `path` has, by method, all scores
    of every trial's best epoch and the best value, and what they were found with. It is written
    after each trial, and trials that it has from the same setting are not made again.
    """
    data = read_prepared(with_test=False)
    part = data.train.sample(params.search.max_train_examples, params.data.split_seed)
    data = replace(data, train=part)
    metric, seed = params.train.metric_for_best_model, params.train.seeds[0]
    pick: Callable[..., Any] = min if metric == "loss" else max
    setting = _setting(params, grids, data, seed)
    earlier = read_json(path) if path.is_file() else {}
    if earlier.get("setting") != setting:
        earlier = {}
    found: dict[str, Any] = {**earlier, "setting": setting}
    for grid in grids:
        trials: dict[str, dict[str, float]] = {}
        for value in grid.values:
            scores = earlier.get(grid.method, {}).get("trials", {}).get(_text(value))
            if scores is None:
                run = Run(grid.method, grid.params(params, value), data, seed)
                epochs = run.train()
                # The first is the untrained model's, and all there is if nothing is trained.
                epoch = pick(epochs[1:] or epochs, key=lambda epoch: epoch[f"eval_{metric}"])
                scores = {name: round(epoch[f"eval_{name}"], DIGITS) for name in VALIDATION_METRICS}
            trials[_text(value)] = scores
            best = pick(grid.values[: len(trials)], key=lambda value: trials[_text(value)][metric])
            found[grid.method] = {"varied": grid.key, "best": best, "trials": trials}
            write_json(path, found)
            yield grid, value, scores[metric]


def _setting(params: Params, grids: list[Grid], data: Prepared, seed: int) -> dict[str, Any]:
    """What a score depends on beside what is varied; `train` decides what is best."""
    varied = {grid.key.partition(".")[::2] for grid in grids}
    values = params.model_dump(include={"model", "train", *METHOD_NAMES})
    del values["train"]["seeds"]
    for section, name in varied:
        del values[section][name]
    return {
        "seed": seed,
        "train_rows": len(data.train),
        "validation_rows": len(data.validation),
        "data_sha256": data.digest(),
        **values,
    }


def _text(value: Any) -> str:
    """A value as the name of its trial."""
    return f"{value:g}" if isinstance(value, float) else str(value)
