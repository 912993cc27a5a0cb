"""transformers' Trainer with this project's batches, loss, learning rates and dropout."""

import contextlib
import dataclasses
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from accelerate.data_loader import prepare_data_loader
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils.data import BatchSampler, DataLoader, Dataset
from transformers import Trainer
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import EvalLoopOutput

from textune.config.sections import FastParams
from textune.errors import DivergedError
from textune.training import processes
from textune.training.batches import Batch, LengthGroupedBatches, as_fetched
from textune.training.checkpoints import State
from textune.training.fast.dropout import FastDropout
from textune.training.fast.on_gpu import WithoutWaiting
from textune.training.layerwise_lr import scaled_groups
from textune.training.randomness import random_state, set_random_state

# Steps on a GPU after which it is asked whether the loss is a number.
_LOOK_EVERY = 50


class TextTrainer(Trainer):
    """A Trainer over data sets that fetch whole batches, with the `fast` dropout on the CPU.

    `train_batches` are the batches of each epoch; without, examples stand together at random. (The
    argument `group_by_length` of Trainer would reorder the examples that are predicted, too.)
    `training_loss` takes logits (n, classes) and labels (n,); validation has the model's own loss.
    `rate_scales` has a factor of the learning rate for each parameter; without, it is 1 for all.

    `state` is what the rest of training depends on, and `train_on` goes on from it. What Trainer
    itself offers for that unpickles the state of random generators.
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
        self.training_loss = training_loss.to(self.args.device)
        self._rate_scales = rate_scales
        on_cpu = self.args.device.type == "cpu"
        ours = fast.dropout and on_cpu
        self._dropout = FastDropout(self.args.seed, fast.attention) if ours else None
        # The sum of losses since the last that was logged, which Trainer keeps to itself.
        self._loss_sum = torch.zeros((), device=self.args.device)
        # Of the seeds that train together, instead of this one's forward and backward.
        self._shared_step: Callable[[Batch], torch.Tensor] | None = None
        self._turn: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()
        self._resumed: State = None
        self._resumed_sum: torch.Tensor | None = None

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Whole batches, in every process; `compute_loss` takes this one's part of each."""
        batches = self._train_batches or BatchSampler(
            cast(Any, self._get_train_sampler()), self.args.train_batch_size, drop_last=False
        )
        loader: DataLoader[Any] = DataLoader(
            cast(Dataset[Any], self.train_dataset),
            batch_sampler=cast(Any, batches),
            collate_fn=as_fetched,
            pin_memory=self.args.dataloader_pin_memory,
        )
        prepared: DataLoader[Any] = prepare_data_loader(
            loader,
            self.args.device,
            num_processes=1,
            process_index=0,
            put_on_device=True,
            use_seedable_sampler=True,
            data_seed=self.args.seed,
            non_blocking=self.accelerator.non_blocking,
        )
        return prepared

    def create_optimizer(self) -> torch.optim.Optimizer:
        optimizer = super().create_optimizer()
        if self._rate_scales:
            optimizer.param_groups = scaled_groups(optimizer.param_groups, self._rate_scales)
        return optimizer

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, torch.Tensor | Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> Any:
        labels, several = inputs["labels"], model.training and processes.number() > 1
        if several:
            part = processes.part(len(labels))
            inputs = {name: tensor[part.rows] for name, tensor in inputs.items()}
            if self._dropout is not None:
                self._dropout.part = part
        with self.step_mode():
            loss, outputs = super().compute_loss(model, inputs, True, num_items_in_batch)
        if several:
            loss = processes.whole_loss(outputs["logits"], labels, self.training_loss)
        elif model.training:
            loss = self.training_loss(outputs["logits"], labels)
        return (loss, outputs) if return_outputs else loss

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        """A step. Raises `DivergedError` if the loss is no number any more."""
        loss: torch.Tensor = (
            super().training_step(*args, **kwargs)
            if self._shared_step is None
            else self._shared_step(args[1])
        )
        step = self.state.global_step
        if step == self._globalstep_last_logged:
            self._loss_sum = torch.zeros_like(loss)
        self._loss_sum = self._loss_sum + loss
        # A GPU would have to be waited for at every look; it is, in any case, after an epoch.
        ends_epoch = (step + 1) * self.args.num_train_epochs % self.state.max_steps == 0
        if loss.device.type == "cpu" or step % _LOOK_EVERY == 0 or ends_epoch:
            self._require_number(self._loss_sum)
        # Trainer begins a sum of its own with the first step.
        resumed, self._resumed_sum = self._resumed_sum, None
        return loss if resumed is None else self._loss_sum

    def step_mode(self) -> TorchFunctionMode:
        """In which forward passes run: with dropout of ours, or without waiting for a GPU."""
        return self._dropout or WithoutWaiting()

    def share_steps(
        self, step: Callable[[Batch], torch.Tensor], turn: contextlib.AbstractContextManager[Any]
    ) -> None:
        """Train together with others, see `scaling.together`.

        step: gives the loss of a batch, and the trained weights their gradients; turn: that one of
        them has at a time to validate.
        """
        self._shared_step, self._turn = step, turn

    def _require_number(self, loss: torch.Tensor) -> None:
        if not loss.isfinite():
            raise DivergedError(
                f"the loss became {loss.item()} at step {self.state.global_step + 1}, in epoch"
                f" {int(self.state.epoch or 0) + 1}, at the learning rate"
                f" {self._get_learning_rate():.2g}"
            )

    def state_so_far(self) -> State:
        """What the next steps depend on beside the weights. Between two steps only."""
        assert self.optimizer is not None
        assert self.lr_scheduler is not None
        optimizer = self.optimizer.state_dict()
        return {
            "trainer": dataclasses.asdict(self.state),
            "optimizer": {
                "groups": optimizer["param_groups"],
                # By number; a parameter without a gradient has none.
                "parameters": {str(key): value for key, value in optimizer["state"].items()},
            },
            "scheduler": self.lr_scheduler.state_dict(),
            "random": random_state(),
            "dropout": self._dropout and self._dropout.random_state(),
            "batches": self._train_batches and self._train_batches.state_of_pass(self._within_pass),
            "loss_sum": self._loss_sum,
            "last_logged": self._globalstep_last_logged,
        }

    def train_on(self, state: State | None) -> None:
        """Train to the end: on from what `state_so_far` gave, or from the start.

        The weights are already those of then.
        """
        # A model that was validated counts as prepared, and would not be shared by the processes.
        cast(Any, self.model)._is_accelerate_prepared = False
        self._resumed = state
        if state is None:
            self.train()
            return
        with tempfile.TemporaryDirectory() as folder:
            # Trainer reads nothing but this, before its first step; see the three methods below.
            Path(folder, TRAINER_STATE_NAME).write_text(json.dumps(state["trainer"]))
            self.train(resume_from_checkpoint=folder)

    @property
    def _within_pass(self) -> bool:
        """Whether some batches of the epoch were trained on, and some not."""
        return self.state.global_step * self.args.num_train_epochs % self.state.max_steps > 0

    def _load_from_checkpoint(self, *args: Any, **kwargs: Any) -> None:
        """The weights are there."""

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        """Called when both were made, before the batches of the first epoch are."""
        if checkpoint is None:
            return
        assert self.optimizer is not None
        assert self.lr_scheduler is not None
        saved = self._resumed["optimizer"]
        of_parameters = {int(key): value for key, value in saved["parameters"].items()}
        self.optimizer.load_state_dict({"state": of_parameters, "param_groups": saved["groups"]})
        self.lr_scheduler.load_state_dict(self._resumed["scheduler"])
        if self._train_batches is not None:
            self._train_batches.set_state(self._resumed["batches"])

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """Called right before the first step, when the batches before it were skipped."""
        if checkpoint is None:
            return
        set_random_state(self._resumed["random"])
        if self._dropout is not None:
            self._dropout.set_random_state(self._resumed["dropout"])
        self._loss_sum = self._resumed_sum = self._resumed["loss_sum"].to(self.args.device)
        self._globalstep_last_logged = self._resumed["last_logged"]

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> EvalLoopOutput:
        with self._turn:
            done = super().evaluation_loop(*args, **kwargs)
        if processes.number() > 1 and done.metrics is not None:
            # Trainer would count examples more than once that it filled up the last batch with.
            logits, labels = torch.from_numpy(done.predictions), torch.from_numpy(done.label_ids)
            loss = functional.cross_entropy(logits, labels)
            done.metrics[f"{kwargs.get('metric_key_prefix', 'eval')}_loss"] = loss.item()
        return done

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
