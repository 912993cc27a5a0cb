"""LoRA: which modules are updated, how large the updates are, and that they can be turned off."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.modeling.test_methods import HEADS, fresh, logits, trained_names
from textune.errors import UserError
from textune.params import Params

MakeParams = Callable[..., Params]


def test_lora_targets_by_name(tiny_params: MakeParams) -> None:
    def attach(name: str) -> set[str]:
        params = tiny_params("distilbert", lora={"target_modules": [name]})
        return trained_names(params.encoder_method("lora").attach(fresh(params)))

    assert {n.split(".")[-4] for n in attach("k_lin") if "lora_A" in n} == {"k_lin"}
    with pytest.raises(UserError, match=r"has no query; its linear layers are named k_lin, lin1"):
        attach("query")


@pytest.mark.parametrize("architecture", HEADS)
def test_lora_targets_of_every_architecture(tiny_params: MakeParams, architecture: str) -> None:
    def targets(which: str) -> set[str]:
        params = tiny_params(architecture, lora={"target_modules": which})
        classifier = fresh(params)
        names = trained_names(params.encoder_method("lora").attach(classifier))
        modules = {name.partition(".lora_A")[0] for name in names if "lora_A" in name}
        assert not {f"{module}.weight" for module in modules} & classifier.head
        return {module.rpartition(".")[2] for module in modules}

    bert = ({"query", "value"}, {"query", "key", "value", "dense"})
    auto, linear = {
        "distilbert": (
            {"q_lin", "v_lin"},
            {"q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"},
        ),
        "deberta-v2": (
            {"query_proj", "value_proj"},
            {"query_proj", "key_proj", "value_proj", "pos_query_proj", "pos_key_proj", "dense"},
        ),
    }.get(architecture, bert)
    assert targets("auto") == auto
    assert targets("all-linear") == linear


def test_rank_sets_the_number_of_trained_weights(tiny_params: MakeParams) -> None:
    def added(r: int) -> int:
        params = tiny_params("bert", lora={"r": r})
        model = params.encoder_method("lora").attach(fresh(params))
        return sum(p.numel() for n, p in model.named_parameters() if "lora_" in n)

    # 2 layers, query and value, both matrices of 32 x r.
    assert added(4) == 2 * 2 * 2 * 32 * 4
    assert added(16) == 4 * added(4)


@pytest.mark.parametrize("architecture", HEADS)
def test_lora_turned_off_is_the_model_before_training(
    tiny_params: MakeParams, architecture: str
) -> None:
    params = tiny_params(architecture)
    expected = logits(fresh(params).model.eval())
    model: Any = params.encoder_method("lora").attach(fresh(params)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(1)
    assert not torch.allclose(logits(model), expected, atol=1e-2)
    with model.disable_adapter():
        torch.testing.assert_close(logits(model), expected)
