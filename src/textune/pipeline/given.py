"""The recipe that params.yaml gives, with the data and the model that it is used on."""

from textune.data.tokenized import Prepared
from textune.modeling.methods.base import EncoderMethod
from textune.params import Params
from textune.pipeline.recipes import given_recipe
from textune.runs.tuning import Tuning


def as_given(params: Params, name: str, data_sha256: str) -> Tuning:
    """The recipe of a method with nothing to tune, as the stage writes it: without any trial."""
    return Tuning(
        recipe=given_recipe(params, name),
        tuned=[],
        data_sha256=data_sha256,
        model=model_of(params, name),
        trials=[],
    )


def model_of(params: Params, name: str) -> str:
    """The name of the model that a method starts from, with its revision; empty without one."""
    model = params.model
    if not params.method(name).uses_encoder:
        return ""
    return model.name if model.revision is None else f"{model.name} {model.revision}"


def digest_for(params: Params, name: str, data: Prepared) -> str:
    """SHA-256 of what a method learns from: tokens, or texts if it reads these."""
    return data.digest(of_texts=not isinstance(params.method(name), EncoderMethod))
