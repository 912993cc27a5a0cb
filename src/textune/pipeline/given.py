"""The recipe that params.yaml gives, with the data and the model that it is used on."""

from textune.config.sections import ModelParams
from textune.params import Params
from textune.pipeline.recipes import given_recipe
from textune.runs.tuning import Tuning


def as_given(params: Params, name: str, data_sha256: str) -> Tuning:
    """The recipe of a method with nothing to tune, as the stage writes it: without any trial."""
    return Tuning(
        recipe=given_recipe(params, name),
        tuned=[],
        data_sha256=data_sha256,
        model=model_name(params.model),
        trials=[],
    )


def model_name(model: ModelParams) -> str:
    """The name of a model with its revision, if it has one."""
    return model.name if model.revision is None else f"{model.name} {model.revision}"
