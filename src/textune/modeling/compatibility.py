"""Which methods a model has."""

from collections.abc import Callable, Mapping

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod, Method
from textune.modeling.pretrained import empty_classifier


def require_compatible(
    model: ModelParams,
    methods: Mapping[str, Method],
    attempt: Callable[[str, EncoderMethod], object] | None = None,
) -> None:
    """Raise a `UserError` unless the model has all `methods`, which are by name in params.yaml.

    `attempt` raises one for a method that the model lacks; without, the method is attached, which
    takes the model's configuration alone. The error tells each obstacle once, and which methods are
    left where the model lacks some.
    """
    # What is wrong with the model as such is no matter of methods.
    empty_classifier(model)
    attempt = attempt or (lambda name, method: method.attach_as(name, empty_classifier(model)))
    obstacles = {name: _obstacle(name, method, attempt) for name, method in methods.items()}
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


def _obstacle(
    name: str, method: Method, attempt: Callable[[str, EncoderMethod], object]
) -> str | None:
    """Why the method cannot train the model, if it cannot."""
    if not isinstance(method, EncoderMethod):
        return None
    try:
        attempt(name, method)
    except UserError as error:
        return str(error)
    return None
