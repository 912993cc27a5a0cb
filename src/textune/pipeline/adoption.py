"""Recipes that were tuned once, kept as numbers in params.yaml."""

from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from textune.data.tokenized import read_prepared
from textune.errors import UserError
from textune.io import write_json, write_text
from textune.params import Params
from textune.pipeline.given import as_given, digest_for
from textune.pipeline.paths import METRICS, PREPARED
from textune.runs.tuning import (
    FLAG,
    Recipe,
    adopted_path,
    not_tuned_here,
    read_adopted,
    read_tuning,
    trials_path,
)


def adopt(params: Params, path: Path = Path("params.yaml")) -> dict[str, Recipe]:
    """Write what was tuned, by the latest run of the tune stages, into params.yaml as numbers.

    Comments and the order of keys stay. `tune.all` becomes false. Returns the recipes. Raises
    `UserError` if nothing was tuned.
    """
    found = {name: read_tuning(trials_path(name, METRICS)) for name in params.methods}
    tuned = {name: tuning for name, tuning in found.items() if tuning.tuned}
    if not tuned:
        raise UserError(f"no recipe was tuned by the latest run; tune them with `{FLAG}`")
    yaml = _as_people_write_it()
    values = yaml.load(path.read_text(encoding="utf-8"))
    for name, tuning in tuned.items():
        for key in tuning.tuned:
            values[name][key] = tuning.recipe[key]
    values["tune"]["all"] = False
    earlier = read_adopted(METRICS)
    write_json(
        adopted_path(METRICS),
        {name: tuning.model_dump(mode="json") for name, tuning in {**earlier, **tuned}.items()},
    )
    text = StringIO()
    yaml.dump(values, text)
    write_text(path, text.getvalue())
    return {name: tuning.recipe for name, tuning in tuned.items()}


def tuned_elsewhere(params: Params) -> list[str]:
    """The methods whose numbers in params.yaml were tuned on other data or another model, or never.

    Data that are not prepared yet are taken for those of the adopted search.
    """
    adopted = read_adopted(METRICS)
    data = read_prepared(PREPARED, with_test=False) if PREPARED.is_dir() else None
    now = {}
    for name in params.methods:
        if params.method(name).to_tune(params.tune.all):
            continue
        adopted_digest = adopted[name].data_sha256 if name in adopted else ""
        digest = adopted_digest if data is None else digest_for(params, name, data)
        now[name] = as_given(params, name, digest)
    return not_tuned_here(now, adopted)


def _as_people_write_it() -> YAML:
    """YAML with its quotes, long lines and `null` as they are."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.representer.add_representer(
        type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    return yaml
