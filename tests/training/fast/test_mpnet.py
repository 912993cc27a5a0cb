"""MPNet's attention as one call computes what transformers' code of it does."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from tests.tiny import METHODS
from textune.modeling.pretrained import load_classifier
from textune.params import Params
from textune.training.fast.dropout import FastDropout
from textune.training.fast.mpnet import one_call_attention

IDS = torch.tensor([[2, 9, 8, 7, 6, 3], [2, 6, 11, 3, 0, 0], [2, 12, 3, 0, 0, 0]])


def outcome(model: torch.nn.Module) -> list[torch.Tensor]:
    """Logits, and the gradient of every trained weight."""
    output = model(input_ids=IDS, attention_mask=(IDS != 0).long(), labels=torch.arange(3))
    trained = [p for p in model.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(output.loss, trained, allow_unused=True)
    return [output.logits, *(g for g in gradients if g is not None)]


class Calls(TorchFunctionMode):
    """Counts calls of torch's function for attention."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.number += func is functional.scaled_dot_product_attention
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", METHODS)
def test_same_logits_and_gradients(tiny_params: Callable[..., Params], name: str) -> None:
    params = tiny_params("mpnet")
    classifier = load_classifier(params.model, ["a", "b", "c"], seed=0)
    model = params.encoder_method(name).attach(classifier).eval()
    expected = outcome(model)
    with one_call_attention(classifier, enabled=True), Calls() as calls:
        found = outcome(model)
    assert calls.number == 2, "one for each block"
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
    with Calls() as calls:
        outcome(model)
    assert calls.number == 0, "transformers' code is back"


def test_with_dropout_the_bias_of_positions_learns(tiny_params: Callable[..., Params]) -> None:
    params = tiny_params("mpnet")
    classifier = load_classifier(params.model, ["a", "b", "c"], seed=0)
    model = params.encoder_method("full").attach(classifier).train()
    with one_call_attention(classifier, enabled=True), FastDropout(0):
        model(input_ids=IDS, attention_mask=(IDS != 0).long()).logits.sum().backward()
    bias: Any = classifier.encoder
    assert bias.relative_attention_bias.weight.grad.abs().sum() > 0
