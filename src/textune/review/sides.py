"""One side of a review: the results of a revision, or of the workspace."""

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

    runs: with predictions, None if they cannot be had. test: what tells test's file from others.
    evaluate: the section of params.yaml, as it is.
    """

    comparison: Comparison
    runs: RunSet | None
    test: str | None
    evaluate: Mapping[str, Any]
    parameters: Mapping[str, Any]
    data: Mapping[str, Any]
    costs: Mapping[str, Any]
    versions: Mapping[str, Any]


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
        _runs(where, comparison, params),
        _hash_of_test(_yaml(where.local(Path("dvc.lock")))),
        params.get("evaluate", {}),
        flat(params),
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


def _runs(where: Place, comparison: Comparison, params: Mapping[str, Any]) -> RunSet | None:
    seeds = params.get("train", {}).get("seeds", [])
    titles = {one.name: one.title for one in comparison.methods if one.name != UNTRAINED}
    try:
        folder = where.without_weights(_MODELS)
        return load_runs(dict.fromkeys(titles, folder), seeds, titles, comparison.decision)
    except UserError:
        return None


def _hash_of_test(lock: Mapping[str, Any]) -> str | None:
    dependencies = lock.get("stages", {}).get("evaluate", {}).get("deps", [])
    return next((str(one.get("md5")) for one in dependencies if one.get("path") == _TEST), None)
