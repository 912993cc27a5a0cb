"""The trials of a sweep: every combination of choices, or Optuna's suggestions."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from textune.scaling.space import Interval, Space
from textune.scaling.trial import Trial

if TYPE_CHECKING:
    import optuna

# So many suggestions are at random before any is learned from.
_AT_RANDOM = 5
# Of suggested numbers.
_DIGITS = 3
# The same suggestion so many times in a row means that there is hardly another.
_REPEATED = 100


class Proposals(Protocol):
    """`total` trials; the next may depend on what `learn` was told of the earlier ones."""

    total: int

    def __iter__(self) -> Iterator[Trial]:
        """The trials, each made when it is asked for."""

    def learn(self, name: str, value: float | None) -> None:
        """What came of a trial; None if it failed."""


class Grid:
    """Every combination of the choices of a space."""

    def __init__(self, space: Space, prefix: str) -> None:
        self._trials = [_trial(prefix, values) for values in space.grid()]
        self.total = len(self._trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self._trials)

    def learn(self, name: str, value: float | None) -> None:
        """The next does not depend on it."""


class Suggestions:
    """`total` suggestions of Optuna's tree-structured Parzen estimator, all different.

    Those that run count as bad for as long, so that several at a time differ (Optuna's constant
    liar). A suggestion that was made before counts as what became of that, and another is asked
    for.
    """

    def __init__(self, space: Space, prefix: str, total: int, minimize: bool, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=_AT_RANDOM, constant_liar=True, seed=seed
        )
        self._study = optuna.create_study(
            sampler=sampler, direction="minimize" if minimize else "maximize"
        )
        self.total = total
        self._space, self._prefix = space, prefix
        # By name, those that are to be told what comes of it.
        self._open: dict[str, list[optuna.Trial]] = {}
        # By name, what came of those that are over.
        self._values: dict[str, float | None] = {}

    def __iter__(self) -> Iterator[Trial]:
        made = repeated = 0
        while made < self.total and repeated < _REPEATED:
            trial, asked = self._suggestion()
            if trial.name in self._values:
                repeated += 1
                self._tell(asked, self._values[trial.name])
            elif trial.name in self._open:
                repeated += 1
                self._open[trial.name].append(asked)
            else:
                made, repeated = made + 1, 0
                self._open[trial.name] = [asked]
                yield trial
        self.total = made

    def _suggestion(self) -> "tuple[Trial, optuna.Trial]":
        asked = self._study.ask()
        values = {
            key: asked.suggest_categorical(key, list(choices))
            for key, choices in self._space.choices.items()
        }
        for key, interval in self._space.intervals.items():
            values[key] = _suggested(asked, key, interval)
        return _trial(self._prefix, values), asked

    def learn(self, name: str, value: float | None) -> None:
        self._values[name] = value
        for asked in self._open.pop(name):
            self._tell(asked, value)

    def _tell(self, asked: "optuna.Trial", value: float | None) -> None:
        """Tell Optuna, which would forget a failure, but takes what is pruned as bad."""
        import optuna

        failed = optuna.trial.TrialState.PRUNED
        self._study.tell(asked, value, None if value is not None else failed)


def _suggested(asked: "optuna.Trial", key: str, interval: Interval) -> str:
    low, high, log = interval.low, interval.high, interval.log
    if interval.whole:
        return str(asked.suggest_int(key, int(low), int(high), log=log))
    return f"{asked.suggest_float(key, low, high, log=log):.{_DIGITS}g}"


def _trial(prefix: str, values: Mapping[str, str]) -> Trial:
    """Its name depends on its values alone: the same sweep finds its trials again."""
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    return Trial(f"{prefix}-{digest[:8]}", dict(values))
