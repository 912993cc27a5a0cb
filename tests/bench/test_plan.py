"""What is measured is told by the options, and a wrong one in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from textune.bench.command import bench
from textune.bench.plan import MODELS, Cell, make_plan
from textune.errors import UserError
from textune.methods import METHOD_NAMES
from textune.params import Params

MakeParams = Callable[..., Params]


def test_everything_is_measured_unless_told(tiny_params: MakeParams) -> None:
    plan = make_plan(tiny_params(), [], [], quick=False)
    assert plan.cells == [Cell(model, method) for model in MODELS for method in METHOD_NAMES]
    assert plan.rounds >= 3


def test_quick_is_less_but_has_lora_on_both_models(tiny_params: MakeParams) -> None:
    whole, quick = (make_plan(tiny_params(), [], [], quick=quick) for quick in (False, True))
    assert {Cell(model, "lora") for model in MODELS} <= set(quick.cells) < set(whole.cells)
    assert quick.rounds < whole.rounds
    assert quick.rows < whole.rows


def test_chosen_cells_are_measured_once(tiny_params: MakeParams) -> None:
    plan = make_plan(tiny_params(), ["minilm"], ["full", "full", "lora"], quick=True)
    assert plan.cells == [Cell("minilm", "full"), Cell("minilm", "lora")]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"models": ["minilmm"]}, "--model is 'minilmm'"),
        ({"methods": ["lorra"]}, "--method is 'lorra'"),
        ({"data": Path("nowhere")}, "--data is nowhere"),
        ({"json": Path("nowhere/rows.json")}, "--json is nowhere"),
        ({"to_accuracy": 70.0}, "--to-accuracy is 70"),
        ({"to_accuracy": 0.7, "quick": True}, "no other option than --data"),
        ({"same_learning": True, "json": Path("rows.json")}, "no other option than --data"),
        ({"to_accuracy": 0.7, "pieces": True}, "choose one of"),
    ],
)
def test_a_wrong_option_is_told(
    tiny_params: MakeParams, wrong: dict[str, object], told: str
) -> None:
    options: dict[str, object] = {
        "models": [],
        "methods": [],
        "quick": False,
        "data": None,
        "json": None,
        "pieces": False,
        "same_learning": False,
        "to_accuracy": None,
    }
    with pytest.raises(UserError, match=told) as caught:
        bench(tiny_params(), **{**options, **wrong})  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_an_untrained_baseline_has_no_speed(tiny_params: MakeParams) -> None:
    with pytest.raises(UserError, match=r"baseline\.tune"):
        make_plan(tiny_params(baseline={"tune": "none"}), [], ["baseline"], quick=False)
