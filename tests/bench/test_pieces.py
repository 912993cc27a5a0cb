"""Leaving a piece out leaves out that piece, and the gain is the ratio within a round."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny import write_tweeteval
from tests.training.test_run import prepared
from textune.bench.pieces import (
    Gain,
    attention_step_by_step,
    contenders,
    left_out,
    measure_pieces,
    table,
    write_gains,
)
from textune.bench.plan import Cell, Plan
from textune.params import Params
from textune.training.attention import AttentionWithDropout
from textune.training.dropout import FastDropout
from textune.training.run import Run

MakeParams = Callable[..., Params]


def test_pieces_of_bf16_are_only_there_where_bf16_is(tiny_params: MakeParams) -> None:
    fp32 = contenders(tiny_params(train={"precision": "fp32"}))
    bf16 = contenders(tiny_params(train={"precision": "bf16"}))
    assert fp32[0] == bf16[0] == "textune"
    assert set(bf16) - set(fp32) == {"without bf16", "without frozen weights in bf16"}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_piece_can_be_left_out(
    tiny_params: MakeParams, tmp_path: Path, precision: str
) -> None:
    params = tiny_params(train={"precision": precision, "epochs": 1})
    data = prepared(tmp_path, params, {"train": 24, "val": 9, "test": 9})

    def traces(contender: str) -> tuple[object, ...]:
        """What of the fast path can be seen while the first batch goes through."""
        changed, context = left_out(contender, params)
        seen: list[tuple[object, ...]] = []
        with context:
            run = Run("lora", changed, data, 0)
            dropout = isinstance(run.trainer._dropout, FastDropout)
            grouped = run.trainer._train_batches is not None
            query = run.classifier.encoder.get_submodule("layer.0.attention.self.query.base_layer")
            run.classifier.encoder.register_forward_hook(
                lambda m, i, output: seen.append(
                    (output[0].shape[1] == 1, str(query.weight.dtype), run.precision)
                )
            )
            written_out = AttentionWithDropout.apply != attention_step_by_step
            run.train()
        return (dropout, written_out, grouped, *seen[0])

    everything = traces("textune")
    bf16 = precision == "bf16"
    weights = "torch.bfloat16" if bf16 else "torch.float32"
    assert everything == (True, True, True, True, weights, precision)
    expected = {
        "without batches of like length": (True, True, False, True, weights, precision),
        "without first token only": (True, True, True, False, weights, precision),
        "without cheap dropout masks": (False, True, True, True, weights, precision),
        "without attention written out": (True, False, True, True, weights, precision),
        "without bf16": (True, True, True, True, "torch.float32", "fp32"),
        "without frozen weights in bf16": (True, True, True, True, "torch.float32", precision),
    }
    for contender in contenders(params)[1:]:
        assert traces(contender) == expected[contender], contender


def test_gains_of_real_rounds(tiny_params: MakeParams, tmp_path: Path) -> None:
    params = tiny_params()
    write_tweeteval(tmp_path / "own", {"train": 60, "val": 9, "test": 9})
    model = params.model.name
    heard: list[str] = []
    plan = Plan([Cell(model, "lora")], rounds=1, rows=16, study_rows=8)
    gains = measure_pieces(plan, params, tmp_path / "own", heard.append)
    assert [gain.piece for gain in gains] == [
        "batches of like length",
        "first token only",
        "cheap dropout masks",
        "attention written out",
    ]
    for gain in gains:
        ratio = gain.tweets_per_second / gain.tweets_per_second_without
        assert gain.gain == pytest.approx(ratio, abs=0.01)
    write_gains(tmp_path / "gains.json", gains)
    assert [Gain(**row) for row in json.loads((tmp_path / "gains.json").read_text())] == gains
    assert table(gains).row_count == 4
