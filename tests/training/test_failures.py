"""What training fails at is told with the key that mends it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.training import prepared, started
from textune.data.tokenized import Prepared
from textune.errors import DivergedError, UserError
from textune.params import Params

MakeParams = Callable[..., Params]


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    return prepared(tmp_path, tiny_params("bert"), {"train": 96, "val": 30, "test": 31})


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_training_at_that_step(
    tiny_params: MakeParams, data: Prepared, monkeypatch: pytest.MonkeyPatch, loss: float
) -> None:
    run = started(tiny_params("bert", lora={"learning_rate": 0.0375}), "lora", data)
    compute, steps = run.trainer.compute_loss, []

    def exploding(model: Any, *args: Any, **kwargs: Any) -> Any:
        if not model.training:
            return compute(model, *args, **kwargs)
        steps.append(1)
        return compute(model, *args, **kwargs) * (loss if len(steps) == 14 else 1)

    monkeypatch.setattr(run.trainer, "compute_loss", exploding)
    told = (
        rf"lora, seed 0: the loss became {loss} at step 14, in epoch 2, at the learning rate"
        r" 0\.0\d+: lower lora\.learning_rate, or raise train\.warmup_ratio"
    )
    with pytest.raises(DivergedError, match=told):
        run.fit()
    assert len(steps) == 14


def test_too_little_memory_names_what_to_lower(
    tiny_params: MakeParams, data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(tiny_params("bert"), "lora", data)

    def full(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(run.trainer, "compute_loss", full)
    with pytest.raises(UserError, match=r"lower train\.batch_size"):
        run.fit()
