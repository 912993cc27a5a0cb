"""With only the first token in the last block, the model computes what it computed before."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.tiny import METHODS, real_values, shrunk
from textune.modeling.pretrained import load_classifier
from textune.params import check_params
from textune.training.fast.first_token import first_token_only

SHORTENED = ["bert", "camembert", "distilbert", "mpnet", "roberta"]
UNCHANGED = ["deberta-v2", "electra", "modernbert"]


def logits_and_gradients(
    model: torch.nn.Module,
) -> tuple[torch.Tensor, dict[str, torch.Tensor | None]]:
    """Of one batch with padding, in eval mode, so without dropout."""
    ids = torch.tensor([[2, 9, 8, 7, 6, 3], [2, 6, 11, 3, 0, 0], [2, 12, 3, 0, 0, 0]])
    labels = torch.tensor([0, 1, 2])
    model.zero_grad()
    output = model(input_ids=ids, attention_mask=(ids != 0).long(), labels=labels)
    output.loss.backward()
    gradients = {name: p.grad for name, p in model.named_parameters() if p.requires_grad}
    return output.logits.detach(), gradients


@pytest.mark.parametrize("architecture", [*SHORTENED, *UNCHANGED])
@pytest.mark.parametrize("name", METHODS)
def test_same_logits_and_gradients(
    tiny_models: dict[str, Path], architecture: str, name: str
) -> None:
    params = check_params(shrunk(real_values(), tiny_models[architecture], "raw"), "tiny")
    classifier = load_classifier(params.model, ["a", "b", "c"], seed=0)
    model = params.encoder_method(name).attach(classifier).eval()
    shapes: list[torch.Size] = []
    classifier.encoder.register_forward_hook(lambda m, i, output: shapes.append(output[0].shape))

    expected, gradients = logits_and_gradients(model)
    with first_token_only(classifier):
        logits, same_gradients = logits_and_gradients(model)
    again, _ = logits_and_gradients(model)

    torch.testing.assert_close(logits, expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(again, expected, atol=0, rtol=0)
    for parameter, gradient in gradients.items():
        found = same_gradients[parameter]
        assert (found is None) == (gradient is None), parameter
        torch.testing.assert_close(found, gradient, atol=1e-6, rtol=1e-4)
    shortened = 1 if architecture in SHORTENED else 6
    assert [shape[1] for shape in shapes] == [6, shortened, 6]


class Products(TorchDispatchMode):
    """Records the shape of the second operand of every batched matrix product."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[torch.Size] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.ops.aten.bmm.default:
            self.shapes.append(args[1].shape)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("architecture", SHORTENED)
def test_no_weight_is_copied_for_every_text(
    tiny_models: dict[str, Path], architecture: str
) -> None:
    params = check_params(shrunk(real_values(), tiny_models[architecture], "raw"), "tiny")
    classifier = load_classifier(params.model, ["a", "b", "c"], seed=0)
    model = params.encoder_method("lora").attach(classifier).eval()
    hidden = classifier.model.config.hidden_size
    with first_token_only(classifier), Products() as products:
        logits_and_gradients(model)
    assert torch.Size([3, hidden, hidden]) not in products.shapes
