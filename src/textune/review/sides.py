"""One side of a review: the results of a revision, or of the workspace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from textune.config.base import UNTRAINED
from textune.errors import UserError
from textune.io import read_json
from textune.prediction.finding import Place
from textune.report.locked import locked_versions
from textune.report.tables import read_results
from textune.runs.loading import load_runs
from textune.runs.store import RunSet
from textune.stats.results import Comparison

_METRICS, _MODELS = Path("metrics"), Path("models")
_TEST = "data/prepared/test.parquet"
# Seconds, memory and speed are another day's, and no news.
_COSTS = ("trainable_parameters", "training_flops")


@dataclass(frozen=True)
class Side:
    """The results of a state, and what they come from, as flat maps.

    runs: with predictions; None if they cannot be had, and `missing` says why. stages: those of
    dvc.lock. params: params.yaml, as it is.
    """

    comparison: Comparison
    runs: RunSet | None
    missing: str
    stages: Mapping[str, Any]
    params: Mapping[str, Any]
    data: Mapping[str, Any]
    costs: Mapping[str, Any]
    versions: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, Any]:
        """By dotted key."""
        return flat(self.params)

    @property
    def test(self) -> str | None:
        """What tells test's file from others, if dvc.lock has it."""
        dependencies = self.stages.get("evaluate", {}).get("deps", [])
        return next((one.get("md5") for one in dependencies if one.get("path") == _TEST), None)

    def models(self, name: str) -> list[str]:
        """What tells a method's models from others: a hash for each that dvc.lock has."""
        outs = (out for stage in self.stages.values() for out in stage.get("outs", []))
        return [out["md5"] for out in outs if Path(out["path"]).parent == _MODELS / name]

    @property
    def not_made_with(self) -> list[str]:
        """Keys of params.yaml whose values are not those that the results were made with."""
        methods, seeds = self.params.get("methods", []), self.params["train"]["seeds"]
        stages = ["prepare", "evaluate", *(f"tune_{name}" for name in methods)]
        stages += [f"train_{name}@{seed}" for name in methods for seed in seeds]
        now, keys = self.parameters, set()
        for stage in filter(self.stages.__contains__, stages):
            used = flat(self.stages[stage].get("params", {}).get("params.yaml", {}))
            keys |= {key for key, value in used.items() if now.get(key) != value}
        return sorted(keys)


def read_side(where: Place) -> Side:
    """Raises `UserError` if there are no results, or none of this version."""
    metrics = where.local(_METRICS)
    comparison = read_results(metrics)
    params = _yaml(where.local(Path("params.yaml")))
    costs = {
        f"{name}.{key}": of[key]
        for name, of in read_json(metrics / "cost.json").items()
        for key in _COSTS
        if of.get(key)
    }
    data = flat({key: read_json(metrics / "data.json").get(key, {}) for key in ("kept", "dropped")})
    return Side(
        comparison,
        *_runs(where, comparison, params),
        _yaml(where.local(Path("dvc.lock"))).get("stages", {}),
        params,
        data,
        costs,
        locked_versions(where.local(Path("requirements.lock"))),
    )


def flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested maps as one, with keys joined by dots."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        inner = flat(value, f"{above}{key}.") if isinstance(value, Mapping) else None
        found |= {f"{above}{key}": value} if inner is None else inner
    return found


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = YAML(typ="safe", pure=True).load(path) if path.is_file() else {}
    except YAMLError:
        raise UserError(f"{path.name} is no YAML; mend it, or take it from git") from None
    return content if isinstance(content, dict) else {}


def _runs(
    where: Place, comparison: Comparison, params: Mapping[str, Any]
) -> tuple[RunSet | None, str]:
    """The runs, or why they cannot be had."""
    titles = {one.name: one.title for one in comparison.methods if one.name != UNTRAINED}
    try:
        folder = where.without_weights(_MODELS)
        runs = dict.fromkeys(titles, folder)
        return load_runs(runs, params["train"]["seeds"], titles, comparison.decision), ""
    except UserError as error:
        return None, without_copies(str(error), where)


def without_copies(told: str, where: Place) -> str:
    """Paths as they are in the revision, whose files were copied for a while."""
    return (
        told if where.copies is None else re.sub(rf"{re.escape(str(where.copies))}/\w+/", "", told)
    )
