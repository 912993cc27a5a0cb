"""What a run of the benchmark measures. Imports nothing heavy, so that a wrong name is told at
once."""

from dataclasses import dataclass
from pathlib import Path

from textune.errors import UserError
from textune.methods import METHOD_NAMES
from textune.params import Params

CONTENDERS = ("study", "expert", "textune", "roofline")
MODELS = ("minilm", "distilbert")
_QUICK_CELLS = (("minilm", "lora"), ("minilm", "adapter"), ("distilbert", "lora"))


@dataclass(frozen=True)
class Cell:
    """A method on a model: the contenders take turns within it.

    `model` is one of `MODELS` or the folder of another.
    """

    model: str
    method: str


@dataclass(frozen=True)
class Plan:
    """The cells, and how long each is measured.

    In a round a contender trains on `rows` rows; `study`, whose steps all have one shape, on
    `study_rows`. What comes before the first round is not timed.
    """

    cells: list[Cell]
    rounds: int
    rows: int
    study_rows: int


def make_plan(params: Params, models: list[str], methods: list[str], quick: bool) -> Plan:
    """All `methods` on all `models`; where both are empty, every one, or with `quick` a few.

    Raises `UserError` for a model or method that is unknown or trains nothing.
    """
    for model in models:
        if model not in MODELS and not Path(model).is_dir():
            raise UserError(f"--model is {model!r}; it may be {', '.join(MODELS)} or a folder")
    for method in methods:
        if method not in METHOD_NAMES:
            raise UserError(f"--method is {method!r}; it may be {', '.join(METHOD_NAMES)}")
    if quick and not models and not methods:
        cells = [Cell(model, method) for model, method in _QUICK_CELLS]
    else:
        cells = [
            Cell(model, method)
            for model in dict.fromkeys(models or MODELS)
            for method in dict.fromkeys(methods or METHOD_NAMES)
        ]
    if (
        any(cell.method == "baseline" for cell in cells)
        and getattr(params.method("baseline"), "tune", "head") == "none"
    ):
        raise UserError("baseline.tune is none, so there is no training to time; set it to head")
    if quick:
        return Plan(cells, rounds=2, rows=256, study_rows=32)
    return Plan(cells, rounds=5, rows=512, study_rows=64)
