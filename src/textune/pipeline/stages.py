"""The tune and train stages of dvc.yaml, held against the methods of params.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from textune.errors import UserError
from textune.modeling.methods.base import Method


def require_stages(methods: Mapping[str, Method], path: Path = Path("dvc.yaml")) -> None:
    """Raise `UserError` with the lines to add unless every method has its two stages.

    methods: by name in params.yaml. The stages `tune_<name>` and `train_<name>` name the method and
    its file.
    """
    if not path.is_file():
        return
    try:
        stages: Mapping[str, Any] = YAML(typ="safe", pure=True).load(path)["stages"]
        given = {
            (kind, name): stages.get(f"{kind}_{name}", {}).get("vars", [])
            for name in methods
            for kind in ("tune", "train")
        }
    except (YAMLError, KeyError, TypeError, AttributeError):
        raise UserError(f"{path} is no pipeline of DVC; mend it, or take it from git") from None
    for (kind, name), variables in given.items():
        method = methods[name].method
        if {"name": name, "method": method} not in variables:
            raise UserError(
                f"{path}: the stage {kind}_{name} should have <<: *{kind} and vars:"
                f" [{{name: {name}, method: {method}}}]; params.yaml compares {name}"
            )
