"""Which methods a model has."""

from collections.abc import Callable, Collection, Mapping

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod, Method, UnsupportedError
from textune.modeling.pretrained import empty_classifier

Attempt = Callable[[str, EncoderMethod], object]


def lacking(
    model: ModelParams, methods: Mapping[str, Method], attempt: Attempt | None = None
) -> dict[str, str]:
    """Why the model lacks some of `methods`, which are by name in params.yaml.

    `attempt` raises `UnsupportedError` for a method that the model lacks; without, the method is
    attached, which takes the model's configuration alone. Raises `UserError` if the model cannot be
    had, or for wrong parameters of methods, each obstacle told once.
    """
    # What is wrong with the model as such is no matter of methods.
    empty_classifier(model)
    attempt = attempt or (lambda name, method: method.attach_as(name, empty_classifier(model)))
    reasons: dict[str, str] = {}
    wrong: dict[str, None] = {}
    for name, method in methods.items():
        if not isinstance(method, EncoderMethod):
            continue
        try:
            attempt(name, method)
        except UnsupportedError as error:
            reasons[name] = str(error)
        except UserError as error:
            wrong[str(error)] = None
    if wrong:
        raise UserError("; ".join(wrong))
    return reasons


def lacks(methods: Collection[str], reasons: Mapping[str, str]) -> UserError:
    """The error for methods that somebody chose and the model lacks; reasons: from `lacking`."""
    message = "; ".join(dict.fromkeys(reasons.values()))
    left = [name for name in methods if name not in reasons]
    cure = f"; set methods in params.yaml to [{', '.join(left)}]" if left else ""
    return UserError(message + cure)
