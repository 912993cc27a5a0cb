"""What a run of the benchmark measures.

Imports nothing heavy, so that a wrong option is reported at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod
from textune.modeling.methods.head import Head
from textune.params import Params

# study and expert are two settings of stock Trainer, see `stock.SETTINGS`.
Kind = Literal["study", "expert", "textune", "roofline"]
KINDS: tuple[Kind, ...] = ("study", "expert", "textune", "roofline")
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

    In a round a contender trains on `examples` examples; `study`, whose steps all have one shape,
    on `study_examples`. What comes before the first round is not timed.
    """

    cells: list[Cell]
    rounds: int
    examples: int
    study_examples: int


@dataclass(frozen=True)
class Contender:
    """What takes part, under a name of its own: a way of training, with its parameters."""

    name: str
    kind: Kind
    params: Params


def speed_contenders(params: Params) -> list[Contender]:
    """One of each kind."""
    return [Contender(kind, kind, params) for kind in KINDS]


def learning_as_stock(params: Params) -> Params:
    """The parameters without what stock Trainer does not do, so that all learn alike.

    All methods train for `train.epochs`.
    """
    off = {
        "layer_decay": 1.0,
        "label_smoothing": 0.0,
        "class_weight": "none",
        "ema_decay": 0.0,
        "patience": 0,
    }
    sections = {
        name: {**section, "epochs": None} if "epochs" in section else section
        for name, section in params.sections.items()
    }
    train = params.train.model_copy(update=off)
    return params.model_copy(update={"train": train, "sections": sections})


def make_plan(params: Params, models: list[str], methods: list[str], quick: bool) -> Plan:
    """All `methods` on all `models`; where both are empty, every one, or with `quick` a few.

    Raises `UserError` for a model or method that is unknown or trains nothing.
    """
    for model in models:
        if model not in MODELS and not Path(model).is_dir():
            raise UserError(f"--model is {model!r}; it may be {', '.join(MODELS)} or a folder")
    for method in methods:
        if method not in params.sections:
            raise UserError(f"--method is {method!r}; it may be {', '.join(params.sections)}")
    if quick and not models and not methods:
        cells = [Cell(model, method) for model, method in _QUICK_CELLS]
    else:
        methods = methods or encoder_methods(params)
        cells = [
            Cell(model, method)
            for model in dict.fromkeys(models or MODELS)
            for method in dict.fromkeys(methods)
        ]
    for cell in cells:
        method_params = params.encoder_method(cell.method)
        if isinstance(method_params, Head) and method_params.tune == "none":
            raise UserError(
                f"{cell.method}.tune is none, so there is no training to time; set it to head"
            )
    if quick:
        return Plan(cells, rounds=2, examples=256, study_examples=32)
    return Plan(cells, rounds=5, examples=512, study_examples=64)


def encoder_methods(params: Params) -> list[str]:
    """The compared methods that fine-tune an encoder."""
    return [name for name in params.methods if isinstance(params.method(name), EncoderMethod)]
