"""Turning a piece off changes which code runs, and not what is learned."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.ablation import ALL, PIECES, Piece, contenders, without
from tests.training.training import prepared, started, without_dropout
from textune.data.tokenized import Prepared
from textune.params import Params
from textune.training import learner as learner_module
from textune.training.batches import LengthGroupedBatches
from textune.training.fast import first_token
from textune.training.fast.attention import AttentionWithDropout
from textune.training.fast.dropout import FastDropout

MakeParams = Callable[..., Params]
BY_NAME = {piece.name: piece for piece in PIECES}


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    return prepared(tmp_path, tiny_params(), {"train": 48, "val": 12, "test": 30})


def names(params: Params, method: str = "lora") -> list[str]:
    return [contender.name for contender in contenders(params, method)]


def test_pieces_of_bf16_are_only_there_where_bf16_is(tiny_params: MakeParams) -> None:
    fp32 = names(tiny_params(train={"precision": "fp32"}))
    bf16 = names(tiny_params(train={"precision": "bf16"}))
    assert fp32[0] == bf16[0] == ALL
    assert set(bf16) - set(fp32) == {"bf16", "frozen weights in bf16"}


def test_features_are_only_cached_for_a_head_over_a_frozen_encoder(
    tiny_params: MakeParams,
) -> None:
    head, lora = names(tiny_params(), "baseline"), names(tiny_params(), "lora")
    assert set(head) - set(lora) == {"features computed once"}
    assert set(lora) - set(head) == {"batches of like length", "attention written out"}


def test_a_piece_that_is_off_is_not_measured(tiny_params: MakeParams) -> None:
    params = tiny_params()
    assert "first token only" in names(params)
    assert "first token only" not in names(without(BY_NAME["first token only"], params))


def test_each_contender_has_one_piece_turned_off(tiny_params: MakeParams) -> None:
    params = tiny_params(train={"precision": "bf16"})
    own, *others = contenders(params, "lora")
    assert own.params == params
    for contender in others:
        changes = {
            key
            for key, value in contender.params.train.model_dump().items()
            if value != params.train.model_dump()[key]
        }
        assert changes == {BY_NAME[contender.name].key.split(".")[1]}
        assert contender.params.model_copy(update={"train": params.train}) == params


def marks(
    params: Params, method: str, data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> dict[str, bool]:
    """By piece, whether its code runs when a method is trained."""
    ran = dict.fromkeys(BY_NAME, False)

    def mark(piece: str, owner: Any, name: str) -> None:
        """Have the function of that name leave a mark."""
        function = getattr(owner, name)

        def marked(*args: Any, **kwargs: Any) -> Any:
            ran[piece] = True
            return function(*args, **kwargs)

        # autograd calls `forward` without the class.
        static = owner is AttentionWithDropout
        monkeypatch.setattr(owner, name, staticmethod(marked) if static else marked)

    with monkeypatch.context() as monkeypatch:
        mark("first token only", first_token, "_first_token")
        mark("attention written out", AttentionWithDropout, "forward")
        mark("cheap dropout masks", FastDropout, "_mask")
        mark("features computed once", learner_module, "text_features")
        mark("batches of like length", LengthGroupedBatches, "__iter__")
        run = started(params, method, data)
        frozen = next(p for p in run.classifier.encoder.parameters() if not p.requires_grad)

        def after_encoder(module: Any, args: Any, output: Any) -> None:
            ran["frozen weights in bf16"] |= str(frozen.dtype) == "torch.bfloat16"

        run.classifier.encoder.register_forward_hook(after_encoder)
        run.fit()
    ran["bf16"] = run.precision == "bf16"
    return ran


@pytest.mark.parametrize("method", ["lora", "baseline"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_turning_a_piece_off_turns_its_code_off(
    tiny_params: MakeParams,
    data: Prepared,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    method: str,
) -> None:
    params = tiny_params("distilbert", train={"precision": precision, "epochs": 1})
    own, *others = contenders(params, method)
    pieces = {contender.name for contender in others}
    everything = marks(own.params, method, data, monkeypatch)
    assert {piece for piece, ran in everything.items() if ran} == pieces
    # What stands or falls with another piece.
    with_it = {
        "cheap dropout masks": {"attention written out"},
        "bf16": {"frozen weights in bf16"},
    }
    for contender in others:
        ran = marks(contender.params, method, data, monkeypatch)
        gone = {piece for piece in pieces if not ran[piece]}
        assert gone == {contender.name, *(with_it.get(contender.name, set()) & pieces)}


def learned(params: Params, method: str, data: Prepared, *, dropout: bool) -> np.ndarray:
    """What a tiny model predicts after training, from the same batches and masks each time."""
    run = started(params, method, data)
    if not dropout:
        without_dropout(run.model)
    untrained = run.predict("test").probabilities
    run.fit()
    probabilities = run.predict("test").probabilities
    assert np.abs(probabilities - untrained).max() > 0.05, "it should have learned something"
    return probabilities


@pytest.mark.parametrize("architecture", ["bert", "distilbert"])
@pytest.mark.parametrize(
    ("name", "method", "precision", "dropout", "tolerance"),
    [
        # With dropout, fewer tokens would take other masks.
        ("first token only", "lora", "fp32", False, 1e-4),
        ("attention written out", "lora", "fp32", True, 1e-4),
        ("features computed once", "baseline", "fp32", False, 1e-4),
        ("frozen weights in bf16", "lora", "fp32", True, 0),
        # Embeddings and norms, which autocast leaves in fp32, are rounded.
        ("frozen weights in bf16", "lora", "bf16", False, 0.05),
    ],
)
def test_a_piece_does_not_change_what_is_learned(
    tiny_params: MakeParams,
    data: Prepared,
    architecture: str,
    name: str,
    method: str,
    precision: str,
    dropout: bool,
    tolerance: float,
) -> None:
    # Features stand in no order of length, so texts may not, either.
    grouped = method != "baseline"
    params = tiny_params(
        architecture,
        train={"precision": precision, "group_by_length": grouped},
        lora={"learning_rate": 0.01},
    )
    piece: Piece = BY_NAME[name]
    np.testing.assert_allclose(
        learned(without(piece, params), method, data, dropout=dropout),
        learned(params, method, data, dropout=dropout),
        rtol=0,
        atol=tolerance,
    )
