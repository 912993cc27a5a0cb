"""Which methods a model's architecture has, known from its configuration alone."""

from collections.abc import Mapping

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod, Method
from textune.modeling.pretrained import empty_classifier


def require_compatible(
    model: ModelParams, methods: Mapping[str, Method], wanted: list[str] | None = None
) -> None:
    """Raise a `UserError` unless the model has all `methods`, or those of them that are `wanted`.

    methods: by their names in params.yaml. The error tells each obstacle once, and which methods
    are left, if any.
    """
    obstacles = {name: _obstacle(model, method) for name, method in methods.items()}
    reasons = {obstacles[name] for name in wanted or methods} - {None}
    if not reasons:
        return
    left = [name for name, reason in obstacles.items() if reason is None]
    message = "; ".join(sorted(filter(None, reasons)))
    if not left:
        raise UserError(message)
    stages = " ".join(f"train_{name}" for name in left)
    raise UserError(
        f"{message}; it has {', '.join(left)}: set methods in params.yaml to"
        f" [{', '.join(left)}] and run dvc repro {stages}; dvc repro -s evaluate"
    )


def _obstacle(model: ModelParams, method: Method) -> str | None:
    """Why the method cannot train the model, if it cannot."""
    if not isinstance(method, EncoderMethod):
        return None
    try:
        method.attach(empty_classifier(model))
    except UserError as error:
        return str(error)
    return None
