"""Which methods a model's architecture has, known from its configuration alone."""

from textune.errors import UserError
from textune.methods import METHOD_NAMES
from textune.params import Params
from textune.pretrained import empty_classifier


def require(params: Params, *names: str) -> None:
    """Raise a `UserError` that says which methods there are unless the model has all of `names`."""
    obstacles = {name: _obstacle(params, name) for name in names}
    reasons = [reason for reason in obstacles.values() if reason]
    if not reasons:
        return
    others = [n for n in METHOD_NAMES if not (obstacles[n] if n in names else _obstacle(params, n))]
    stages = " ".join(f"train_{name}" for name in others)
    raise UserError(
        f"{'; '.join(reasons)}; it has {', '.join(others)}: dvc repro {stages};"
        " dvc repro -s evaluate"
    )


def _obstacle(params: Params, name: str) -> str | None:
    """Why the method cannot train the model, if it cannot."""
    try:
        params.method(name).attach(empty_classifier(params.model))
    except UserError as error:
        return str(error)
    return None
