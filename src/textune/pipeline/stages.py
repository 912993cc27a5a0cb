"""The train stages of dvc.yaml, held against the methods of params.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from textune.errors import UserError
from textune.modeling.methods.base import Method


def require_stages(methods: Mapping[str, Method], path: Path = Path("dvc.yaml")) -> None:
    """Raise `UserError` with the lines to add unless every method has a stage that trains it.

    methods: by name in params.yaml. A stage `train_<name>` names the method and its file.
    """
    if not path.is_file():
        return
    try:
        stages: Mapping[str, Any] = YAML(typ="safe", pure=True).load(path)["stages"]
        given = {name: stages.get(f"train_{name}", {}).get("vars", []) for name in methods}
    except (YAMLError, KeyError, TypeError, AttributeError):
        raise UserError(f"{path} is no pipeline of DVC; mend it, or take it from git") from None
    for name, method in methods.items():
        if {"name": name, "method": method.method} not in given[name]:
            raise UserError(
                f"{path}: the stage train_{name} should have <<: *train and vars:"
                f" [{{name: {name}, method: {method.method}}}]; params.yaml compares {name}"
            )
