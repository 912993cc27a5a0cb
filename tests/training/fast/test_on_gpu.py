"""What is there for GPUs, as far as a CPU can show it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch._dynamo.utils import counters
from torch.utils._python_dispatch import TorchDispatchMode

from tests.tiny import real_values
from tests.training.training import prepared, started, without_dropout
from textune.params import Params
from textune.training import trainer
from textune.training.batches import PaddedExamples
from textune.training.fast.model import fast_model
from textune.training.fast.on_gpu import MULTIPLE, WithoutWaiting

MakeParams = Callable[..., Params]
# As on a GPU.
FAST = {**real_values()["train"]["fast"], "dropout": False}


class Waits(TorchDispatchMode):
    """Counts how often a value of a tensor is asked for, which a GPU would be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            self.number += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("architecture", "name"),
    [("bert", "lora"), ("distilbert", "full"), ("mpnet", "adapter")],
)
def test_no_step_waits_for_the_gpu(
    tmp_path: Path,
    tiny_params: MakeParams,
    monkeypatch: pytest.MonkeyPatch,
    architecture: str,
    name: str,
) -> None:
    monkeypatch.setattr(trainer, "WithoutWaiting", lambda: WithoutWaiting("cpu"))
    monkeypatch.setattr(trainer.TextTrainer, "_require_number", lambda self, loss: None)

    def waits(batch_size: int) -> int:
        params = tiny_params(
            architecture,
            train={"epochs": 1, "batch_size": batch_size, "fast": FAST},
        )
        data = prepared(tmp_path / str(batch_size), params, {"train": 96, "val": 8, "test": 8})
        run = started(params, name, data)
        with Waits() as seen:
            run.fit()
        return seen.number

    assert waits(batch_size=8) == waits(batch_size=48)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "name"),
    [("bert", "lora"), ("bert", "adapter"), ("distilbert", "full"), ("mpnet", "lora")],
)
def test_compiled_blocks_compute_the_same(
    tmp_path: Path, tiny_params: MakeParams, architecture: str, name: str
) -> None:
    params = tiny_params(architecture, train={"fast": FAST})
    data = prepared(tmp_path, params, {"train": 48, "val": 8, "test": 8})
    run = started(params, name, data)
    without_dropout(run.model)
    blocks = len(run.classifier.blocks)

    def losses_and_gradients(compiled: bool) -> list[torch.Tensor]:
        found = []
        fast = params.train.fast.model_copy(update={"compiled": compiled})
        # As on a GPU, on this machine's compiler.
        with fast_model(run.classifier, run.model, fast, "cuda", "fp32"), WithoutWaiting("cpu"):
            assert sum(b._compiled_call_impl is not None for b in run.classifier.blocks) == (
                blocks if compiled else 0
            )
            for numbers in ([0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]):
                run.model.zero_grad()
                batch = PaddedExamples(data.train, 0, multiple=MULTIPLE).__getitems__(numbers)
                loss = run.model.train()(**batch).loss
                loss.backward()
                found.append(loss.detach())
                found += [p.grad.clone() for p in run.model.parameters() if p.grad is not None]
        return found

    counters.clear()
    expected = losses_and_gradients(compiled=False)
    for found, plain in zip(losses_and_gradients(compiled=True), expected, strict=True):
        torch.testing.assert_close(found, plain, atol=1e-5, rtol=1e-4)
    assert not counters["graph_break"], "a block should be compiled whole"
    assert counters["stats"]["unique_graphs"] > 0
    assert all(block._compiled_call_impl is None for block in run.classifier.blocks)
