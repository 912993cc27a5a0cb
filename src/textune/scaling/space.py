"""What a sweep goes over, in the language of `dvc exp run -S`: choices, ranges and intervals."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from textune.errors import UserError
from textune.params import Params, assignment, changed, check_params


@dataclass(frozen=True)
class Interval:
    """Numbers between two ends; `log`: on a log scale."""

    low: float
    high: float
    log: bool
    whole: bool


@dataclass(frozen=True)
class Space:
    """By key of params.yaml, its values as `-S` takes them, or the interval that it is from."""

    choices: Mapping[str, Sequence[str]]
    intervals: Mapping[str, Interval]

    @property
    def points(self) -> float:
        """How many there are; endless with an interval of numbers that are not whole."""
        of_intervals = (
            one.high - one.low + 1 if one.whole else math.inf for one in self.intervals.values()
        )
        return math.prod([*map(len, self.choices.values()), *of_intervals])

    def grid(self) -> Iterator[dict[str, str]]:
        """Every combination of the choices."""
        for values in itertools.product(*self.choices.values()):
            yield dict(zip(self.choices, values, strict=True))


def read_space(assignments: Sequence[str], params: Params) -> Space:
    """From `KEY=VALUE,VALUE`, `KEY=range(…)`, `KEY=interval(…)` and `KEY=tag(log,interval(…))`.

    Raises `UserError` for what is no such assignment, for a key that params.yaml does not have, and
    for a value that it may not have.
    """
    from dvc.utils.hydra import to_hydra_overrides
    from hydra.core.override_parser.types import IntervalSweep, OverrideType
    from hydra.errors import HydraException

    choices: dict[str, list[str]] = {}
    intervals: dict[str, Interval] = {}
    for text in assignments:
        try:
            (override,) = to_hydra_overrides([text])
        except HydraException:
            raise UserError(f"-S {text}: write KEY=VALUE,VALUE or KEY=interval(LOW,HIGH)") from None
        key = str(override.key_or_group)
        if override.type != OverrideType.CHANGE or not _has(params.dump(), key):
            raise UserError(f"-S {text}: params.yaml has no key {key}")
        if "." not in key and key != "methods":
            raise UserError(f"-S {text}: {key} is a section: name a key of it, as in lora.r")
        if key in choices or key in intervals:
            raise UserError(f"-S {text}: {key} is given twice")
        value = override.value()
        if isinstance(value, IntervalSweep):
            low, high = value.start, value.end
            if low is None or high is None or not low < high or ("log" in value.tags and low <= 0):
                raise UserError(f"-S {text}: the lower end should be below the higher one")
            whole = low == int(low) and high == int(high) and not _takes_parts(params, key, low)
            low, high = (int(low), int(high)) if whole else (low, high)
            intervals[key] = Interval(low, high, "log" in value.tags, whole)
            for end in (low, high):
                changed(params, key, end)
            continue
        try:
            values = override.sweep_string_iterator() if override.is_sweep_override() else None
            choices[key] = list(values) if values is not None else [text.partition("=")[2]]
        except HydraException as error:
            raise UserError(f"-S {text}: {' '.join(str(error).split())}") from None
        if not any(choices[key]):
            raise UserError(f"-S {text}: {key} is given no value")
        for one in choices[key]:
            _with(params, key, YAML(typ="safe", pure=True).load(one))
    return Space(choices, intervals)


def _with(params: Params, key: str, value: Any) -> Params:
    """Raises `UserError` if it may not be that."""
    if "." in key:
        return changed(params, key, value)
    return check_params({**params.dump(), key: value}, assignment(key, value))


def _takes_parts(params: Params, key: str, low: float) -> bool:
    """Whether the parameter may be a number that is not whole."""
    try:
        changed(params, key, int(low) + 0.5)
    except UserError:
        return False
    return True


def _has(values: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True
