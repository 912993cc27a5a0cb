"""Without dropout and in fp32, the fast path takes the very steps of the stock Trainer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments, set_seed

from tests.training.training import prepared, started, without_dropout
from textune.data.tokenized import Prepared
from textune.modeling.pretrained import load_classifier
from textune.params import Params
from textune.training.batches import LengthGroupedBatches


class SameBatches(Trainer):
    """The stock Trainer, fed plain padded rows in the order of the fast path's batches."""

    def __init__(self, batches: Iterator[list[int]], rows: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._batches, self._rows = batches, rows

    def get_train_dataloader(self) -> DataLoader[Any]:
        def padded(batch: list[tuple[list[int], int]]) -> dict[str, torch.Tensor]:
            longest = max(len(ids) for ids, _ in batch)
            ids = [list(ids) + [0] * (longest - len(ids)) for ids, _ in batch]
            mask = [[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in batch]
            labels = [label for _, label in batch]
            columns = {"input_ids": ids, "attention_mask": mask, "labels": labels}
            return {name: torch.tensor(values) for name, values in columns.items()}

        return DataLoader(self._rows, batch_sampler=list(self._batches), collate_fn=padded)


@pytest.fixture
def data(tmp_path: Path, tiny_params: Callable[..., Params]) -> Prepared:
    return prepared(tmp_path, tiny_params("bert"), {"train": 400, "val": 9, "test": 9})


@pytest.mark.parametrize("architecture", ["bert", "distilbert"])
# The head alone is trained from features, in batches of other rows: test_learner.py looks after it.
@pytest.mark.parametrize("name", ["lora", "adapter", "full"])
def test_first_fifty_losses_agree(
    tiny_params: Callable[..., Params], data: Prepared, tmp_path: Path, architecture: str, name: str
) -> None:
    rate = {"learning_rate": 0.005}
    changes = {name: rate, "lora": {**rate, "dropout": 0}}
    params = tiny_params(architecture, train={"epochs": 1, "batch_size": 8}, **changes)
    run = started(params, name, data)
    without_dropout(run.model)
    run.trainer.args.logging_strategy = "steps"
    run.trainer.args.logging_steps = 1
    run.trainer.state.logging_steps = 1
    run.fit()
    ours = [entry["loss"] for entry in run.trainer.state.log_history if "loss" in entry]

    classifier = load_classifier(params.model, data.label_names, seed=0)
    set_seed(0)
    model = params.encoder_method(name).attach(classifier)
    without_dropout(model)
    split = data.train
    rows = [
        (split.tokens[start : start + length].tolist(), int(label))
        for start, length, label in zip(split.offsets, split.lengths, split.labels, strict=True)
    ]
    arguments = TrainingArguments(
        output_dir=str(tmp_path / "stock"),
        learning_rate=0.005,
        num_train_epochs=1,
        per_device_train_batch_size=8,
        lr_scheduler_type=params.train.lr_scheduler,
        warmup_ratio=params.train.warmup_ratio,
        weight_decay=params.train.weight_decay,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
        label_names=["labels"],
    )
    batches = iter(LengthGroupedBatches(split.lengths, 8, seed=0))
    stock = SameBatches(batches, rows, model=model, args=arguments)
    stock.remove_callback(PrinterCallback)
    stock.train()
    expected = [entry["loss"] for entry in stock.state.log_history if "loss" in entry]
    assert len(ours) == len(expected) == 50
    assert len(set(expected)) > 25, "the batches should differ"
    np.testing.assert_allclose(ours, expected, atol=1e-4)
