"""Parameters for tests of the search."""

from typing import Any

from tests.tiny import real_values
from textune.params import Params, check_params
from textune.pipeline.search import Trial


def make_params(**changes: Any) -> Params:
    """Two methods and a variant that is not compared; `train__epochs=2` changes a parameter."""
    values = real_values()
    values["methods"] = ["baseline", "lora"]
    values["lora_all"] = {**values["lora"], "target_modules": "all-linear"}
    values["search"] = {"max_train_examples": 12}
    for name in values["methods"]:
        values[name] = {**values[name], "learning_rate": 0.01, "epochs": None}
    for key, value in changes.items():
        section, _, name = key.partition("__")
        if name:
            values[section][name] = value
        else:
            values[section] = value
    return check_params(values, "params.yaml")


def names(trials: list[Trial]) -> list[tuple[str, str]]:
    return [(trial.method, trial.name) for trial in trials]
