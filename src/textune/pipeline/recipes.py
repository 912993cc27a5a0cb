"""Recipes in params.yaml: what a section says, and the section with what was found put in."""

from collections.abc import Mapping
from typing import Any

from textune.params import Params, check_params


def with_recipe(params: Params, name: str, recipe: Mapping[str, Any]) -> Params:
    """`params` with the values of the recipe in the method's section."""
    section = {**params.sections[name], **recipe}
    return check_params({**params.dump(), name: section}, params.origin)


def given_recipe(params: Params, name: str) -> dict[str, Any]:
    """What the section of a method says of all that can be tuned.

    Epochs that are not its own are those of `train`.
    """
    method = params.method(name)
    recipe: dict[str, Any] = {key: getattr(method, key) for key in method.tunable}
    if hasattr(method, "epochs"):
        recipe["epochs"] = params.train.epochs if method.epochs is None else method.epochs
    return recipe
