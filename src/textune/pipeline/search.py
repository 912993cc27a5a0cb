"""Choices made on validation: any parameter of training, one change at a time.

Every trial trains on the same part of train, validates on all of validation and never opens test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from textune.data.tokenized import Prepared, read_prepared
from textune.errors import UserError
from textune.io import read_json, write_json
from textune.metrics.catalog import CATALOG, DIGITS, OF_EPOCHS, Metric
from textune.params import Params, assignment, changed
from textune.pipeline.learners import identity, make_learner
from textune.pipeline.paths import PREPARED

AS_GIVEN = "as in params.yaml"
# Trials are compared by these, so they do not vary; the kind of a method is no knob of training.
_FIXED = ("train.seeds", "train.metric_for_best_model", "train.checkpoint_minutes")
_KIND = "method"
_SETTING = "setting"
# What scores of all methods depend on; the rest of a setting are the methods' sections.
_COMMON = ("seed", "train_examples", "validation_examples", "data_sha256", "model", "train")

_Key = TypeVar("_Key")


@dataclass(frozen=True)
class Trial:
    """A method with parameters of its own; the name says what is special about them."""

    method: str
    name: str
    params: Params


class _Change(NamedTuple):
    """Parameters with another value for one key."""

    key: str
    value: Any
    params: Params


def searched_methods(params: Params) -> list[str]:
    """The methods that are compared; of the default's, those that the model has."""
    if not params.methods_by_default:
        return params.methods
    from textune.modeling.compatibility import lacking

    reasons = lacking(params.model, {name: params.method(name) for name in params.methods})
    for name, reason in reasons.items():
        print(f"{name} is skipped: {reason}")
    return [name for name in params.methods if name not in reasons]


def one_at_a_time(params: Params, varied: list[str], methods: list[str]) -> list[Trial]:
    """`params` as they are, and with every value of each `KEY=VALUE,VALUE`, one change at a time.

    For `methods`, or for all compared ones that a key concerns if it is empty. Raises `UserError`
    if training reads no such key, or a value is not allowed for it.
    """
    for name in methods:
        params.method(name)
    names = list(dict.fromkeys(methods)) or params.methods
    sections = list(dict.fromkeys(["train", *params.methods, *names]))
    changes = [change for text in varied for change in _changes(params, text, sections)]
    given = params.dump()
    trials = []
    for name in names:
        concerned = {
            assignment(key, value): varied_params
            for key, value, varied_params in changes
            if key.partition(".")[0] in ("train", name) and varied_params.dump() != given
        }
        if concerned:
            trials.append(Trial(name, AS_GIVEN, params))
            trials.extend(Trial(name, *change) for change in concerned.items())
    if not trials:
        raise UserError("--vary: nothing changes, or nothing that concerns the methods")
    return trials


def search(params: Params, trials: list[Trial], path: Path) -> Iterator[tuple[Trial, float]]:
    """Make the trials; yield each with its score, its best epoch's `train.metric_for_best_model`.

    `path` has, by method, all scores of every trial and the best trial's name, and in `setting`
    what they depend on. It is written after each trial. A trial that it has from the same setting
    is not made again.
    """
    names = {*params.methods, *(trial.method for trial in trials)}
    if clash := sorted(names & {_SETTING, *_COMMON}):
        raise UserError(
            f"a method cannot be called {clash[0]}: {path} has another use for that key"
        )
    data = read_prepared(PREPARED, with_test=False)
    part = data.train.sample(params.search.max_train_examples, params.data.split_seed)
    data = replace(data, train=part)
    metric = CATALOG[params.train.metric_for_best_model]
    seed = params.train.seeds[0]
    setting = _setting(params, trials, data, seed)
    results = _reusable(path, setting)
    wanted = {(trial.method, trial.name): number for number, trial in enumerate(trials)}
    for trial in trials:
        scores: dict[str, dict[str, float]] = results.get(trial.method, {}).get("trials", {})
        if trial.name not in scores:
            scores[trial.name] = _scores(trial, data, seed, metric)
        # On a tie the first, whatever the order in the file.
        ordered = sorted(scores, key=lambda name: wanted.get((trial.method, name), len(wanted)))
        best = _best({name: scores[name] for name in ordered}, metric)
        results[trial.method] = {"best": best, "trials": scores}
        write_json(path, results)
        yield trial, scores[trial.name][metric.name]


def _scores(trial: Trial, data: Prepared, seed: int, metric: Metric) -> dict[str, float]:
    """All scores on validation of the best epoch."""
    learner = make_learner(trial.params, trial.method, data, seed, resumes=True)
    learner.start()
    epochs = learner.fit()
    learner.forget()
    # The first is the untrained model's, and all there is if nothing is trained.
    by_epoch = dict(enumerate(epochs[1:] or epochs))
    best = by_epoch[_best(by_epoch, metric)]
    return {name: round(best[name], DIGITS) for name in OF_EPOCHS}


def _best(scores: Mapping[_Key, Mapping[str, float]], metric: Metric) -> _Key:
    """The first of the best."""
    pick = max if metric.higher_is_better else min
    return pick(scores, key=lambda key: scores[key][metric.name])


def _setting(params: Params, trials: list[Trial], data: Prepared, seed: int) -> dict[str, Any]:
    """What scores depend on beside what is varied; `train` decides what is best."""
    names = dict.fromkeys([*params.methods, *(trial.method for trial in trials)])
    return {
        "seed": seed,
        "train_examples": len(data.train),
        "validation_examples": len(data.validation),
        "data_sha256": data.digest(),
        "model": identity(params.model),
        "train": params.train.model_dump(exclude={"seeds", "checkpoint_minutes"}),
        **{name: params.method(name).model_dump() for name in names},
    }


def _reusable(path: Path, setting: dict[str, Any]) -> dict[str, Any]:
    """The earlier results that are valid in `setting`, with the setting of them all.

    A method's trials depend on what is common to all methods, and on its own section. So they stay
    when a method is added, changed or left out.
    """
    earlier = read_json(path) if path.is_file() else {}
    before = earlier.pop(_SETTING, {})
    if any(before.get(key) != setting[key] for key in _COMMON):
        return {_SETTING: setting}
    merged = {**before, **setting}
    kept = {
        name: of_method
        for name, of_method in earlier.items()
        if name in before and merged[name] == before[name]
    }
    return {**kept, _SETTING: merged}


def _changes(params: Params, text: str, sections: list[str]) -> Iterator[_Change]:
    """The changed parameters for every value of `KEY=VALUE,VALUE`."""
    key, _, values = text.partition("=")
    if not _varies(params, key, sections):
        raise UserError(
            f"--vary: {key} is no parameter of training; one stands in {', '.join(sections)}"
        )
    if not values:
        raise UserError(f"--vary: {key} has no values; write {key}=VALUE,VALUE")
    try:
        parsed = YAML(typ="safe", pure=True).load(f"[{values}]")
    except YAMLError:
        raise UserError(f"--vary: {values} is no list of values") from None
    for value in parsed:
        yield _Change(key, value, changed(params, key, value))


def _varies(params: Params, key: str, sections: list[str]) -> bool:
    """Whether `key` is that of one value that training reads and that may vary."""
    path = key.split(".")
    if path[0] not in sections or path[1:] == [_KIND] or key in _FIXED:
        return False
    value: Any = params.dump()
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return not isinstance(value, Mapping)
