"""What a sweep goes over, in the language of `dvc exp run -S`: choices, ranges and intervals."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from textune.errors import UserError
from textune.params import Params, changed


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
    from hydra.errors import OverrideParseException

    choices: dict[str, list[str]] = {}
    intervals: dict[str, Interval] = {}
    for text in assignments:
        try:
            (override,) = to_hydra_overrides([text])
        except OverrideParseException:
            raise UserError(f"-S {text}: write KEY=VALUE,VALUE or KEY=interval(LOW,HIGH)") from None
        key = str(override.key_or_group)
        if override.type != OverrideType.CHANGE or not _has(params.dump(), key):
            raise UserError(f"-S {text}: params.yaml has no key {key}")
        if key in choices or key in intervals:
            raise UserError(f"-S {text}: {key} is given twice")
        value = override.value()
        if isinstance(value, IntervalSweep):
            low, high = value.start, value.end
            if low is None or high is None or not low < high or ("log" in value.tags and low <= 0):
                raise UserError(f"-S {text}: the lower end should be below the higher one")
            whole = isinstance(low, int) and isinstance(high, int)
            intervals[key] = Interval(low, high, "log" in value.tags, whole)
            for end in (low, high):
                changed(params, key, end)
            continue
        values = override.sweep_string_iterator() if override.is_sweep_override() else None
        choices[key] = list(values) if values is not None else [text.partition("=")[2]]
        for one in choices[key]:
            changed(params, key, YAML(typ="safe", pure=True).load(one))
    return Space(choices, intervals)


def _has(values: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return False
        values = values[part]
    return True
