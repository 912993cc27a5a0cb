"""Both ways learn, from the same seeds, and the verdict follows the figures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import Trainer

from benchmarks.same_learning import Pair, pairs, stock_trainer, verdict
from tests.training.training import prepared
from textune.data.tokenized import Prepared
from textune.params import Params

MakeParams = Callable[..., Params]


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    return prepared(tmp_path, tiny_params(), {"train": 96, "val": 60, "test": 9})


def test_both_ways_learn(tiny_params: MakeParams, data: Prepared) -> None:
    params = tiny_params(train={"epochs": 8}, lora={"learning_rate": 0.02})
    results = list(pairs(params, data, seeds=(0, 1)))
    assert [pair.seed for pair in results] == [0, 1]
    for pair in results:
        assert min(pair.fast, pair.stock) > 0.6, "chance is a third"


def test_stock_trainer_learns_with_the_parameters(tiny_params: MakeParams, data: Prepared) -> None:
    params = tiny_params(train={"precision": "bf16", "warmup_ratio": 0.2})
    arguments = stock_trainer(params, data, 3).args
    assert arguments.seed == 3
    assert arguments.learning_rate == params.encoder_method("lora").learning_rate
    assert arguments.num_train_epochs == params.train.epochs
    assert arguments.per_device_train_batch_size == params.train.batch_size
    assert arguments.warmup_ratio == 0.2
    assert not arguments.bf16


def head_and_first_batch(trainer: Trainer) -> tuple[torch.Tensor, torch.Tensor]:
    assert isinstance(trainer.model, torch.nn.Module)
    named = trainer.model.named_parameters()
    head = next(
        w for name, w in named if name.endswith("classifier.modules_to_save.default.weight")
    )
    return head, next(iter(trainer.get_train_dataloader()))["labels"]


def test_the_seed_decides_stock_trainers_head_and_order(
    tiny_params: MakeParams, data: Prepared
) -> None:
    first, again, other = (
        head_and_first_batch(stock_trainer(tiny_params(), data, seed)) for seed in (3, 3, 4)
    )
    for drawn, same, different in zip(first, again, other, strict=True):
        assert torch.equal(drawn, same)
        assert not torch.equal(drawn, different)


def test_stock_trainer_measures_accuracy_on_validation(
    tiny_params: MakeParams, data: Prepared
) -> None:
    trainer = stock_trainer(tiny_params(), data, 0)
    accuracy = trainer.evaluate()["eval_accuracy"]
    output = trainer.predict(trainer.eval_dataset)  # type: ignore[arg-type]
    predicted = np.asarray(output.predictions).argmax(axis=1)
    assert accuracy == pytest.approx((predicted == data.validation.labels).mean())


def test_the_verdict() -> None:
    near = [Pair(0, 0.70, 0.705), Pair(1, 0.71, 0.700)]
    assert "fast path 0.7050, stock Trainer 0.7025; difference +0.25 points" in verdict(near)
    # Variances 0.00005 and 0.0000125 over 2 runs each.
    assert "standard error 0.56: within 1.12 points" in verdict(near)
    far = [Pair(seed, 0.690 + seed / 1e4, 0.700 - seed / 1e4) for seed in range(3)]
    assert verdict(far).endswith("OUTSIDE 0.50 points")
