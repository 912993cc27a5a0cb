"""Choices made on validation: learning rates, or any other parameter of training.

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
from textune.params import Params, assignment, changed
from textune.results.metrics import DIGITS
from textune.training.run import VALIDATION_METRICS, Run

AS_GIVEN = "as in params.yaml"


@dataclass(frozen=True)
class Trial:
    """A method with parameters of its own; the name says what is special about them."""

    method: str
    name: str
    params: Params


def learning_rate_trials(params: Params) -> list[Trial]:
    """The grids of `search.learning_rates`, as many values for every method."""
    return [
        Trial(method, f"{rate:g}", changed(params, f"{method}.learning_rate", rate))
        for method in METHOD_NAMES
        for rate in params.search.learning_rates[method]
    ]


def one_at_a_time(params: Params, varied: list[str], methods: list[str]) -> list[Trial]:
    """`params` as they are, and with every value of each `KEY=VALUE,VALUE`, one change at a time.

    For `methods`, or for all that a key concerns if it is empty. Raises `UserError` if training
    reads no such key, or a value is none of it.
    """
    changes = [change for text in varied for change in _changes(params, text)]
    for method in methods:
        params.method(method)
    given = params.model_dump()
    trials = []
    for method in dict.fromkeys(methods) or METHOD_NAMES:
        concerned = {
            assignment(key, value): other
            for key, value, other in changes
            if key.partition(".")[0] in ("train", method) and other.model_dump() != given
        }
        if concerned:
            trials.append(Trial(method, AS_GIVEN, params))
            trials.extend(Trial(method, *change) for change in concerned.items())
    if not trials:
        raise UserError("--vary: nothing changes, or nothing that concerns the methods")
    return trials


def search(
    params: Params, trials: list[Trial], path: Path, *, rates_vary: bool
) -> Iterator[tuple[Trial, float]]:
    """Make the trials; yield each with its score, its best epoch's `train.metric_for_best_model`.

    `path` has, by method, all scores of every trial and the best trial's name, and what they were
    found with. It is written after each trial. Trials that it has from the same setting are not
    made again; they stay, but for learning rates that are not among the trials any more.
    """
    data = read_prepared(with_test=False)
    part = data.train.sample(params.search.max_train_examples, params.data.split_seed)
    data = replace(data, train=part)
    metric, seed = params.train.metric_for_best_model, params.train.seeds[0]
    pick: Callable[..., Any] = min if metric == "loss" else max
    setting = _setting(params, data, seed, {"learning_rate"} if rates_vary else set())
    earlier = read_json(path) if path.is_file() else {}
    if earlier.get("setting") != setting:
        earlier = {}
    found: dict[str, Any] = {**earlier, "setting": setting}
    wanted = {(trial.method, trial.name): number for number, trial in enumerate(trials)}
    for trial in trials:
        known: dict[str, dict[str, float]] = {
            name: scores
            for name, scores in found.get(trial.method, {}).get("trials", {}).items()
            # A rate that has left its grid would be one more than the other methods have.
            if (trial.method, name) in wanted or not rates_vary
        }
        if trial.name not in known:
            known[trial.name] = _scores(trial, data, seed, metric, pick)
        # On a tie the first, whatever the order in the file.
        ordered = sorted(known, key=lambda name: wanted.get((trial.method, name), len(wanted)))
        best = pick(ordered, key=lambda name: known[name][metric])
        found[trial.method] = {"best": best, "trials": known}
        write_json(path, found)
        yield trial, known[trial.name][metric]


def _scores(
    trial: Trial, data: Prepared, seed: int, metric: str, pick: Callable[..., Any]
) -> dict[str, float]:
    """All scores on validation of the best epoch."""
    epochs = Run(trial.method, trial.params, data, seed).train()
    # The first is the untrained model's, and all there is if nothing is trained.
    best = pick(epochs[1:] or epochs, key=lambda epoch: epoch[f"eval_{metric}"])
    return {name: round(best[f"eval_{name}"], DIGITS) for name in VALIDATION_METRICS}


def _setting(params: Params, data: Prepared, seed: int, varied: set[str]) -> dict[str, Any]:
    """What a score depends on beside what is varied; `train` decides what is best."""
    return {
        "seed": seed,
        "train_rows": len(data.train),
        "validation_rows": len(data.validation),
        "data_sha256": data.digest(),
        "model": params.model.model_dump(),
        "train": params.train.model_dump(exclude={"seeds"}),
        **{name: params.method(name).model_dump(exclude=varied) for name in METHOD_NAMES},
    }


def _changes(params: Params, text: str) -> Iterator[tuple[str, Any, Params]]:
    """The key, the value and the changed parameters for every value of `KEY=VALUE,VALUE`."""
    key, _, values = text.partition("=")
    section, _, name = key.partition(".")
    known = ("train", *METHOD_NAMES)
    decided = ("seeds", "metric_for_best_model")  # what trials are compared by
    if section not in known or name not in params.model_dump()[section] or name in decided:
        raise UserError(
            f"--vary: {key} is no parameter of training; one stands in {', '.join(known)}"
        )
    if not values:
        raise UserError(f"--vary: {key} has no values; write {key}=VALUE,VALUE")
    try:
        parsed = YAML(typ="safe", pure=True).load(f"[{values}]")
    except YAMLError:
        raise UserError(f"--vary: {values} is no list of values") from None
    for value in parsed:
        yield key, value, changed(params, key, value)
