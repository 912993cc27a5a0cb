"""Operations counted by hand for DistilBERT with 2 layers of 32 and 64, 2 heads, 10 tokens."""

from collections.abc import Callable

import pytest

from textune.params import Params
from textune.training.flops import flops_per_token

MakeParams = Callable[..., Params]

LENGTH = 10
SQUARE = 2 * LENGTH * 32 * 32  # one of the four linear layers of attention
WIDE = 2 * LENGTH * 32 * 64  # one of the two after it
LINEAR = 4 * SQUARE + 2 * WIDE  # of a block
SCORES = 2 * 2 * LENGTH * LENGTH * 16  # queries by keys in both heads, or weights by values
FORWARD = 2 * (LINEAR + 2 * SCORES)
FIRST_OF_HEAD, LAST_OF_HEAD = 2 * 32 * 32, 2 * 32 * 3  # of one token
HEAD = FIRST_OF_HEAD + LAST_OF_HEAD


def count(params: Params, method: str) -> float:
    chosen = params.encoder_method(method)
    return flops_per_token(chosen, params.model, 3, LENGTH, params.train.epochs) * LENGTH


def test_full_needs_three_times_its_forward_pass(tiny_params: MakeParams) -> None:
    assert count(tiny_params("distilbert"), "full") == 3 * (FORWARD + HEAD)


def test_lora_has_no_gradients_of_frozen_weights_nor_below_the_first_block(
    tiny_params: MakeParams,
) -> None:
    half = 2 * LENGTH * 32 * 8  # A or B, at rank 8
    forward = FORWARD + HEAD + 4 * 2 * half
    # To the inputs of the second block, but in the first not of query, key and value.
    backward = 2 * HEAD + LINEAR + (SQUARE + 2 * WIDE)
    # Each of the two products has two operands; the first block's keys need no gradient.
    backward += 4 * SCORES + 3 * SCORES
    # Weights and inputs of A and B, but not the inputs of the first block's two A.
    backward += 4 * 4 * half - 2 * half
    assert count(tiny_params("distilbert"), "lora") == forward + backward


def test_a_frozen_encoder_runs_once_for_all_epochs(tiny_params: MakeParams) -> None:
    params = tiny_params("distilbert", train={"epochs": 4})
    # The first of the head's two layers passes no gradient on.
    assert count(params, "baseline") == FORWARD / 4 + 3 * HEAD - FIRST_OF_HEAD


def test_adapters_lie_between_the_head_and_everything(tiny_params: MakeParams) -> None:
    params = tiny_params("distilbert")
    assert FORWARD < count(params, "adapter") < count(params, "full")


@pytest.mark.parametrize("architecture", ["bert", "distilbert"])
def test_dropout_makes_no_difference(tiny_params: MakeParams, architecture: str) -> None:
    params, none = (tiny_params(architecture, lora={"dropout": rate}) for rate in (0.1, 0.0))
    assert count(params, "lora") == count(none, "lora")
