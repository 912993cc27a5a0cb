"""What is measured follows from the options, and a wrong one is reported in one line."""

from collections.abc import Callable

import pytest

from benchmarks.plan import KINDS, MODELS, Cell, learning_as_stock, make_plan, speed_contenders
from tests.tiny import METHODS
from textune.errors import UserError
from textune.params import Params, read_params

MakeParams = Callable[..., Params]


def test_everything_is_measured_unless_told(tiny_params: MakeParams) -> None:
    plan = make_plan(tiny_params(), [], [], quick=False)
    assert plan.cells == [Cell(model, method) for model in MODELS for method in METHODS]
    assert plan.rounds >= 3


def test_quick_is_less_but_has_lora_on_both_models(tiny_params: MakeParams) -> None:
    whole, quick = (make_plan(tiny_params(), [], [], quick=quick) for quick in (False, True))
    assert {Cell(model, "lora") for model in MODELS} <= set(quick.cells) < set(whole.cells)
    assert quick.rounds < whole.rounds
    assert quick.examples < whole.examples
    assert quick.study_examples < whole.study_examples


def test_chosen_cells_are_measured_once(tiny_params: MakeParams) -> None:
    plan = make_plan(tiny_params(), ["minilm"], ["full", "full", "lora"], quick=True)
    assert plan.cells == [Cell("minilm", "full"), Cell("minilm", "lora")]


@pytest.mark.parametrize(
    ("models", "methods", "message"),
    [
        (["minilmm"], [], "--model is 'minilmm'; it may be minilm, distilbert or a folder"),
        (
            [],
            ["lorra"],
            "--method is 'lorra'; it may be " + ", ".join(read_params().sections),
        ),
    ],
)
def test_a_wrong_name_is_reported(
    tiny_params: MakeParams, models: list[str], methods: list[str], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        make_plan(tiny_params(), models, methods, quick=False)
    assert str(caught.value) == message


def test_an_untrained_head_has_no_speed(tiny_params: MakeParams) -> None:
    with pytest.raises(UserError, match=r"baseline\.tune is none"):
        make_plan(tiny_params(baseline={"tune": "none"}), [], ["baseline"], quick=False)


def test_all_contenders_learn_as_stock_trainer_does(tiny_params: MakeParams) -> None:
    plain = tiny_params()
    own = {"layer_decay": 0.9, "label_smoothing": 0.1, "class_weight": "balanced"}
    params = learning_as_stock(tiny_params(train={**own, "ema_decay": 0.99}))
    assert params.train == plain.train
    contenders = speed_contenders(params)
    assert [contender.kind for contender in contenders] == list(KINDS)
    assert all(contender.params == params for contender in contenders)
