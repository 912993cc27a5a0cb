"""Which methods a model's architecture has, known from its configuration alone."""

from collections.abc import Mapping

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod, Method
from textune.modeling.pretrained import empty_classifier


def require_compatible(model: ModelParams, methods: Mapping[str, Method]) -> None:
    """Raise a `UserError` unless the model has all `methods`, which are by name in params.yaml.

    The error tells each obstacle once, and which methods are left where the model lacks some.
    """
    obstacles = {name: _obstacle(model, name, method) for name, method in methods.items()}
    reasons = sorted({reason for reason in obstacles.values() if reason})
    if not reasons:
        return
    left = [name for name, reason in obstacles.items() if reason is None]
    message = "; ".join(reasons)
    wrong_parameters = [reason for reason in reasons if not reason.startswith("model.")]
    if not left or wrong_parameters:
        raise UserError(message)
    stages = " ".join(f"train_{name}" for name in left)
    raise UserError(
        f"{message}; it has {', '.join(left)}: set methods in params.yaml to"
        f" [{', '.join(left)}] and run dvc repro {stages}; dvc repro -s evaluate"
    )


def _obstacle(model: ModelParams, name: str, method: Method) -> str | None:
    """Why the method cannot train the model, if it cannot."""
    if not isinstance(method, EncoderMethod):
        return None
    try:
        method.attach_as(name, empty_classifier(model))
    except UserError as error:
        return str(error)
    return None
