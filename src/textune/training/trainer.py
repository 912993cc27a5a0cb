"""transformers' Trainer with this project's batches, dropout and frozen weights."""

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from transformers import Trainer

from textune.training.batches import LengthGroupedBatches, as_fetched
from textune.training.dropout import FastDropout


class TextTrainer(Trainer):
    """A Trainer over data sets that fetch whole batches, with `FastDropout` on the CPU.

    `train_batches` are the batches of each epoch; without, rows stand together at random. (The
    argument `group_by_length` of Trainer would reorder the rows that are predicted, too.)
    """

    def __init__(self, train_batches: LengthGroupedBatches | None, **kwargs: Any) -> None:
        super().__init__(data_collator=as_fetched, **kwargs)
        self._train_batches = train_batches
        self._dropout = FastDropout(self.args.seed)

    def get_train_dataloader(self) -> DataLoader[Any]:
        if self._train_batches is None:
            return super().get_train_dataloader()
        loader: DataLoader[Any] = DataLoader(
            cast(Dataset[Any], self.train_dataset),
            batch_sampler=self._train_batches,
            collate_fn=as_fetched,
            pin_memory=self.args.dataloader_pin_memory,
        )
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        with self._dropout:
            return super().compute_loss(*args, **kwargs)

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Nobody asks for this estimate, which walks through all modules at every step."""
        return 0


@contextlib.contextmanager
def frozen_in_bf16(model: nn.Module, enabled: bool) -> Iterator[None]:
    """Hold the weights that are not trained in bf16 for a while, so that no step converts them.

    For use with bf16 autocast. Afterwards the model has its own weights again.
    """
    frozen = [p for p in model.parameters() if not p.requires_grad and p.dtype == torch.float32]
    originals = [parameter.data for parameter in frozen] if enabled else []
    for parameter, original in zip(frozen, originals, strict=False):
        parameter.data = original.to(torch.bfloat16)
    try:
        yield
    finally:
        for parameter, original in zip(frozen, originals, strict=False):
            parameter.data = original.to(parameter.device)
