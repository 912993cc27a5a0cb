"""The pieces of the fast path, and training with one of them turned off by its parameter."""

from dataclasses import dataclass
from typing import Any

from benchmarks.plan import Contender
from textune.params import Params, changed

ALL = "textune"


@dataclass(frozen=True)
class Piece:
    """A piece of the fast path, and the parameter that turns it off.

    The last four fields restrict where it plays a part: in bf16, on the CPU, on a GPU, and where
    the method does or does not train the encoder.
    """

    name: str
    key: str
    off: Any = False
    needs_bf16: bool = False
    needs_cpu: bool = False
    needs_gpu: bool = False
    trains_encoder: bool | None = None


PIECES = (
    Piece("batches of like length", "train.group_by_length", trains_encoder=True),
    Piece("bf16", "train.precision", off="fp32", needs_bf16=True),
    Piece("first token only", "train.fast.first_token"),
    Piece("cheap dropout masks", "train.fast.dropout", needs_cpu=True),
    Piece("attention written out", "train.fast.attention", needs_cpu=True, trains_encoder=True),
    Piece("compiled blocks", "train.fast.compiled", needs_gpu=True),
    Piece("frozen weights in bf16", "train.fast.frozen_bf16", needs_bf16=True),
    Piece("features computed once", "train.fast.cached_features", trains_encoder=False),
)


def contenders(params: Params, method: str) -> list[Contender]:
    """textune, and textune without each piece that plays a part for `method` on this machine."""
    pieces = [piece for piece in PIECES if _plays_a_part(piece, params, method)]
    return [
        Contender(ALL, "textune", params),
        *(Contender(piece.name, "textune", without(piece, params)) for piece in pieces),
    ]


def without(piece: Piece, params: Params) -> Params:
    """The parameters with that piece turned off."""
    # An error in another parameter is still one of the file.
    return changed(params, piece.key, piece.off).model_copy(update={"origin": params.origin})


def _plays_a_part(piece: Piece, params: Params, method: str) -> bool:
    from textune.training.hardware import choose_device, choose_precision

    device = choose_device(params.train)
    bf16 = choose_precision(params.train, device) == "bf16"
    trains_encoder = params.encoder_method(method).trains_encoder
    is_on = without(piece, params) != params
    return (
        is_on
        and (bf16 or not piece.needs_bf16)
        and (device == "cpu" or not piece.needs_cpu)
        and (device == "cuda" or not piece.needs_gpu)
        and piece.trains_encoder in (None, trains_encoder)
    )
