"""What each piece of the fast path gains: training with all of them, and with one left out."""

import contextlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import torch
from rich import box
from rich.table import Table

from textune.bench.plan import Plan
from textune.bench.rounds import Speed, measure
from textune.files import write_text
from textune.params import Params

ALL = "textune"
_WITHOUT = "without "


def _nothing(*args: Any, **kwargs: Any) -> AbstractContextManager[None]:
    return contextlib.nullcontext()


def attention_step_by_step(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bias: torch.Tensor | None,
    keep: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """What `AttentionWithDropout` computes, left to autograd, softmax in the type of the rest."""
    scores = (query * scale) @ key.mT
    weights = (scores if bias is None else scores + bias.to(scores.dtype)).softmax(-1)
    return (weights * keep) @ value


# Where the fast path has each of its pieces, and what takes its place.
_REPLACED: dict[str, tuple[str, Any]] = {
    "first token only": ("textune.training.run.first_token_only", _nothing),
    "cheap dropout masks": ("textune.training.trainer.FastDropout", _nothing),
    "attention written out": (
        "textune.training.attention.AttentionWithDropout.apply",
        attention_step_by_step,
    ),
    "frozen weights in bf16": ("textune.training.run.frozen_in_bf16", _nothing),
}
_PARAMS: dict[str, dict[str, Any]] = {
    "batches of like length": {"group_by_length": False},
    "bf16": {"precision": "fp32"},
}
_ONLY_IN_BF16 = {"bf16", "frozen weights in bf16"}


@dataclass(frozen=True)
class Gain:
    """Speed with all pieces over speed without this one; medians of the rounds."""

    model: str
    method: str
    piece: str
    tweets_per_second: float
    tweets_per_second_without: float
    gain: float


def measure_pieces(
    plan: Plan, params: Params, data: Path | None, tick: Callable[[str], None]
) -> list[Gain]:
    """Measure as `rounds.measure` does, with textune against itself with a piece left out."""
    found = measure(plan, params, data, tick, contenders(params))
    speeds = {(speed.cell, speed.contender): speed for speed in found}
    return [_gain(speed, speeds[speed.cell, ALL]) for speed in found if speed.contender != ALL]


def contenders(params: Params) -> list[str]:
    """textune, and without each piece that plays a part on this machine."""
    from textune.training.hardware import choose_device, choose_precision

    bf16 = choose_precision(params.train, choose_device(params.train)) == "bf16"
    pieces = [piece for piece in [*_PARAMS, *_REPLACED] if bf16 or piece not in _ONLY_IN_BF16]
    return [ALL, *(_WITHOUT + piece for piece in pieces)]


def left_out(contender: str, params: Params) -> tuple[Params, AbstractContextManager[Any]]:
    """The parameters of such a contender, and a context in which its piece is left out."""
    piece = contender.removeprefix(_WITHOUT)
    if piece in _REPLACED:
        return params, patch(*_REPLACED[piece])
    train = params.train.model_copy(update=_PARAMS.get(piece, {}))
    return params.model_copy(update={"train": train}), contextlib.nullcontext()


def table(gains: list[Gain]) -> Table:
    """One line a piece."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("model", "method", "piece"):
        drawn.add_column(heading)
    for heading in ("tweets/s", "without it", "gain"):
        drawn.add_column(heading, justify="right")
    for one in gains:
        drawn.add_row(
            Path(one.model).name,
            one.method,
            one.piece,
            f"{one.tweets_per_second:.1f}",
            f"{one.tweets_per_second_without:.1f}",
            f"{one.gain:.2f} ×",
        )
    return drawn


def write_gains(path: Path, gains: list[Gain]) -> None:
    """Write the gains as a list, whole or not at all."""
    write_text(path, json.dumps([asdict(one) for one in gains], indent=2) + "\n")


def _gain(without: Speed, full: Speed) -> Gain:
    # Drift hits both alike within a round, so the ratio is taken there.
    ratios = [a / b for a, b in zip(full.rounds, without.rounds, strict=True)]
    return Gain(
        without.cell.model,
        without.cell.method,
        without.contender.removeprefix(_WITHOUT),
        round(full.tweets_per_second, 2),
        round(without.tweets_per_second, 2),
        round(median(ratios), 3),
    )
