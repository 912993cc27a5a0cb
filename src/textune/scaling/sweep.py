"""A sweep: trials on Ray's nodes, which come back as experiments of DVC, as if made here."""

import math
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from textune.errors import FailedError, UserError
from textune.interrupts import deferred
from textune.params import read_params
from textune.scaling.cluster import LOST, Cluster
from textune.scaling.experiments import (
    experiments,
    fetch,
    head_bundle,
    head_commit,
    objective_of,
    place_of_clones,
    require_base,
)
from textune.scaling.proposals import Grid, Proposals, Suggestions
from textune.scaling.space import Space, read_space
from textune.scaling.trial import Result, Trial

_NAME = r"[A-Za-z0-9][A-Za-z0-9-]*"
# So many reasons of failures are told in the end, the most frequent.
_REASONS = 3


@dataclass(frozen=True)
class Settings:
    """How a sweep is made.

    name: what names of its experiments begin with; address, cpus, gpus: see `Cluster`; trials: the
    number of suggestions; objective: FILE:KEY of the metrics that a trial is judged by; price: what
    an hour of a trial costs.
    """

    name: str
    address: str | None
    cpus: float
    gpus: float
    trials: int | None
    objective: str | None
    minimize: bool
    seed: int
    price: float | None


def sweep(assignments: Sequence[str], settings: Settings) -> None:
    """Make all trials at HEAD that are not there, and fetch each experiment when it is done.

    assignments: see `read_space`. Raises `UserError` for what cannot be, before any trial, and
    `FailedError` in the end if trials failed.
    """
    if not re.fullmatch(_NAME, settings.name):
        raise UserError(
            f"--name is {settings.name!r}, but git takes letters, digits and - in it only"
        )
    proposals = _proposals(read_space(assignments, read_params()), settings)
    if settings.objective is not None:
        objective_of("HEAD", settings.objective)
    require_base()
    # Somebody may commit meanwhile.
    head = head_commit()
    progress = _Progress(settings, head, proposals)

    def missing() -> Iterator[Trial]:
        made = experiments(head)
        for trial in proposals:
            if trial.name in made:
                proposals.learn(trial.name, progress.found(trial.name))
            else:
                yield trial

    # A signal that is raised within Ray is lost there.
    with deferred() as pending, Cluster(settings.address, settings.cpus, settings.gpus) as cluster:
        pending.done = "what is done is kept, and the same command makes the rest"
        progress.places = cluster.places
        for result in cluster.run(missing(), head_bundle(), place_of_clones(), pending):
            progress.places = max(1, cluster.places)
            proposals.learn(result.name, progress.done(_fetched(result)))
    progress.end()


def _fetched(result: Result) -> Result:
    """With its experiment in this repository, or failed."""
    try:
        if result.experiment is not None:
            fetch(result.experiment)
    except FailedError as error:
        return replace(result, experiment=None, reason=str(error))
    return result


def _proposals(space: Space, settings: Settings) -> Proposals:
    if not space.intervals and settings.trials is None:
        return Grid(space, settings.name)
    for option, given, example in (
        ("--trials", settings.trials, "20"),
        ("--objective", settings.objective, "metrics/val/accuracy.json:lora"),
    ):
        if given is None:
            raise UserError(f"suggestions need {option}, such as {option} {example}")
    assert settings.trials is not None
    if space.points < settings.trials:
        raise UserError(
            f"--trials is {settings.trials}, but there are {space.points} combinations: lower it,"
            " or leave it out to make all"
        )
    return Suggestions(space, settings.name, settings.trials, settings.minimize, settings.seed)


class _Progress:
    """What is done, how long the rest takes, and what it costs, a line for each trial."""

    def __init__(self, settings: Settings, head: str, proposals: Proposals) -> None:
        self.places = 1
        self._settings, self._head, self._proposals = settings, head, proposals
        self._start = time.monotonic()
        self._seconds: list[float] = []
        self._done = self._found = 0
        self._values: dict[str, float] = {}
        self._failed: dict[str, str] = {}

    def found(self, name: str) -> float | None:
        """An earlier sweep made it; the value of the objective, if there is one."""
        self._found += 1
        value, reason = self._value(name)
        print(f"{name}: there already{_shown(value)}{reason and f' ({reason})'}", flush=True)
        return value

    def done(self, result: Result) -> float | None:
        """A trial came back; the value of the objective, unless it failed or there is none."""
        self._done += 1
        if result.node != LOST:
            self._seconds.append(result.seconds)
        value, reason = None, result.reason
        if result.experiment is not None:
            value, reason = self._value(result.name)
        told = f"failed: {reason}" if reason else f"done{_shown(value)}"
        if reason:
            self._failed[result.name] = reason
        took = f"{result.seconds:.0f} s on {result.node}"
        print(f"{result.name}: {told} ({took}); {self._rest()}", flush=True)
        return value

    def end(self) -> None:
        """Say what came of it all. Raises `FailedError` if a trial failed."""
        minutes = (time.monotonic() - self._start) / 60
        made = self._done - len(self._failed)
        there = f", {self._found} were there already" if self._found else ""
        print(f"{made} experiments in {minutes:.1f} minutes{there}; `dvc exp show` lists them")
        if self._values:
            pick = min if self._settings.minimize else max
            best = pick(self._values, key=lambda name: self._values[name])
            print(
                f"the best is {best}: take it with `dvc exp apply {best}`, and its models with"
                " `dvc pull`"
            )
        if self._failed:
            common = Counter(self._failed.values()).most_common(_REASONS)
            reasons = "; ".join(f"{reason} ({times} times)" for reason, times in common)
            raise FailedError(
                f"{len(self._failed)} of {self._proposals.total} trials failed, and the same"
                f" command tries them again: {reasons}"
            )

    def _value(self, name: str) -> tuple[float | None, str]:
        """Of the objective, if there is one; or why it has none."""
        if self._settings.objective is None:
            return None, ""
        try:
            ref = experiments(self._head)[name]
            self._values[name] = objective_of(ref, self._settings.objective)
        except UserError as error:
            return None, str(error)
        return self._values[name], ""

    def _rest(self) -> str:
        total, done, seconds = self._proposals.total, self._done, sum(self._seconds)
        left = total - done - self._found
        each = seconds / max(1, len(self._seconds))
        minutes = math.ceil(left / self.places) * each / 60
        cost = f"{seconds / 3600:.2f} hours of trials"
        if self._settings.price is not None:
            cost += f", which cost {seconds / 3600 * self._settings.price:.2f}"
        return f"{done + self._found} of {total}, {minutes:.0f} minutes left; {cost}"


def _shown(value: float | None) -> str:
    return "" if value is None else f", {value:.4f}"
