"""transformers' Trainer with this project's batches, loss, learning rates and dropout."""

import contextlib
from contextlib import AbstractContextManager
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader, Dataset
from transformers import Trainer

from textune.config.sections import FastParams
from textune.training.batches import LengthGroupedBatches, as_fetched
from textune.training.fast.dropout import FastDropout


class TextTrainer(Trainer):
    """A Trainer over data sets that fetch whole batches, with the `fast` dropout on the CPU.

    `train_batches` are the batches of each epoch; without, examples stand together at random. (The
    argument `group_by_length` of Trainer would reorder the examples that are predicted, too.)
    `training_loss` takes logits (n, classes) and labels (n,); validation has the model's own loss.
    `rate_scales` has a factor of the learning rate for each parameter; without, it is 1 for all.
    """

    def __init__(
        self,
        train_batches: LengthGroupedBatches | None,
        training_loss: nn.Module,
        rate_scales: dict[nn.Parameter, float],
        fast: FastParams,
        **kwargs: Any,
    ) -> None:
        super().__init__(data_collator=as_fetched, **kwargs)
        self._train_batches = train_batches
        self._training_loss = training_loss.to(self.args.device)
        self._rate_scales = rate_scales
        self._dropout: AbstractContextManager[Any] = contextlib.nullcontext()
        if fast.dropout:
            self._dropout = FastDropout(self.args.seed, fast.attention)

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

    def create_optimizer(self) -> torch.optim.Optimizer:
        optimizer = super().create_optimizer()
        if self._rate_scales:
            # The highest first: the rate of the first group is the one that is logged.
            scales = sorted(set(self._rate_scales.values()), reverse=True)
            optimizer.param_groups = [
                {**group, "lr": group["lr"] * scale, "params": scaled}
                for scale in scales
                for group in optimizer.param_groups
                if (scaled := [p for p in group["params"] if self._rate_scales[p] == scale])
            ]
        return optimizer

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> Any:
        with self._dropout:
            loss, outputs = super().compute_loss(model, inputs, True, num_items_in_batch)
        if model.training:
            loss = self._training_loss(outputs["logits"], inputs["labels"])
        return (loss, outputs) if return_outputs else loss

    def outputs(self, dataset: Dataset[Any]) -> NDArray[np.float64]:
        """(n, k) what the model puts out for the n examples of a data set, without scoring it."""
        scored, self.compute_metrics = self.compute_metrics, None
        try:
            return np.asarray(self.predict(dataset).predictions, np.float64)
        finally:
            self.compute_metrics = scored

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Nobody asks for this estimate, which walks through all modules at every step."""
        return 0
