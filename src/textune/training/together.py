"""Several seeds of one method trained by one process, over one frozen encoder.

Each seed has a learner in a thread of its own: its batches, optimizer, schedule, validation and
checkpoints are those of the seed alone. Only forward and backward are one for all of them: the
texts of all seeds go through the encoder as one batch, and modules with trained weights compute the
rows of each seed with its own.
"""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

from textune.errors import UserError
from textune.interrupts import deferred
from textune.modeling.learner import Learner
from textune.training import processes
from textune.training.batches import Batch
from textune.training.callbacks import trained_weights
from textune.training.learner import EncoderLearner


def fit(learners: Sequence[Learner]) -> list[list[dict[str, float]]]:
    """What each learner's `fit` gives, in order; those of several seeds share their steps.

    They have started. Raises `UserError` if their method has no frozen encoder to share.
    """
    if len(learners) == 1:
        return [learners[0].fit()]
    sharing = [one for one in learners if isinstance(one, EncoderLearner)]
    if len(sharing) < len(learners) or not all(one.method.shares_encoder for one in sharing):
        raise UserError("seeds of this method share no frozen encoder: train one seed at a time")
    if processes.number() > 1:
        raise UserError("several seeds train together in one process only, without torchrun")
    steps = _JointSteps(sharing)
    # A signal is noted here, in the main thread; the others look whether there was one.
    with deferred(), ThreadPoolExecutor(len(sharing)) as pool:
        fitted = [pool.submit(steps.run, place, one) for place, one in enumerate(sharing)]
    return [one.result() for one in fitted]


@dataclass(frozen=True)
class _Stacked:
    """A module of the first seed's model, with the trained weights of all seeds.

    plain: the module as it was; weights: by name, (seeds, ...); of: by name, those of each seed.
    """

    module: nn.Module
    plain: nn.Module
    weights: Mapping[str, torch.Tensor]
    of: Mapping[str, Sequence[nn.Parameter]]

    @classmethod
    def of_seeds(cls, module: nn.Module, of: Mapping[str, Sequence[nn.Parameter]]) -> "_Stacked":
        weights = {
            name: torch.stack([one.detach() for one in ones]).requires_grad_()
            for name, ones in of.items()
        }
        for name, ones in of.items():
            for place, one in enumerate(ones):
                # A view: what an optimizer does to it is done to the stack.
                one.data = weights[name].data[place]
        plain = copy(module)
        # They run around the module itself.
        plain._forward_pre_hooks, plain._forward_hooks = OrderedDict(), OrderedDict()
        return cls(module, plain, weights, of)

    def forward(self, places: Sequence[int], *args: Any) -> torch.Tensor:
        """What the module makes of the rows of these seeds, one seed's after the other's."""
        every = len(places) == len(next(iter(self.of.values())))
        weights = {n: w if every else w[list(places)] for n, w in self.weights.items()}
        device = args[0].device.type
        if isinstance(self.plain, nn.Linear) and torch.is_autocast_enabled(device):
            # vmap would add the bias as it is to a product in autocast's type.
            kind = torch.get_autocast_dtype(device)
            weights = {name: weight.to(kind) for name, weight in weights.items()}
        apart = [arg.unflatten(0, (len(places), -1)) for arg in args]

        def of_one(own: Mapping[str, torch.Tensor], *rows: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = functional_call(self.plain, dict(own), rows)
            return out

        out: torch.Tensor = torch.vmap(of_one, randomness="different")(weights, *apart)
        return out.flatten(0, 1)

    def give_gradients(self, places: Sequence[int]) -> None:
        for name, weights in self.weights.items():
            for place in places:
                self.of[name][place].grad = None if weights.grad is None else weights.grad[place]
            weights.grad = None

    def take_apart(self) -> None:
        """Each seed's weights are its own again."""
        for ones in self.of.values():
            for one in ones:
                one.data = one.data.clone()


class _JointSteps:
    """Where the threads of the seeds meet at each step; the last to come computes it for all."""

    def __init__(self, learners: Sequence[EncoderLearner]) -> None:
        self._trainers = [one.trainer for one in learners]
        self._pad_token_id = learners[0].pad_token_id
        self._stacked = list(_stacked([one.model for one in learners]))
        self._condition = threading.Condition()
        self._members = set(range(len(learners)))
        self._given: dict[int, Batch] = {}
        self._losses: dict[int, torch.Tensor] = {}
        self._error: BaseException | None = None
        turn = threading.Lock()
        for place, one in enumerate(learners):
            one.together = len(learners)
            one.trainer.share_steps(partial(self._step, place), turn)

    def run(self, place: int, learner: EncoderLearner) -> list[dict[str, float]]:
        """`learner.fit`, in its thread."""
        try:
            return learner.fit()
        finally:
            self._leave(place)

    def _step(self, place: int, batch: Batch) -> torch.Tensor:
        """The loss of a seed's batch; its trained weights have their gradients."""
        with self._condition:
            self._given[place] = batch
            self._compute_if_all_are_here()
            self._condition.wait_for(lambda: place in self._losses or self._error is not None)
            if self._error is not None:
                raise self._error
            return self._losses.pop(place)

    def _leave(self, place: int) -> None:
        with self._condition:
            self._members.discard(place)
            self._compute_if_all_are_here()
            if not self._members:
                for one in self._stacked:
                    one.take_apart()

    def _compute_if_all_are_here(self) -> None:
        if not self._members or self._given.keys() != self._members:
            return
        try:
            self._losses = self._compute(self._given)
        except Exception as error:
            self._error = error
        self._given = {}
        self._condition.notify_all()

    def _compute(self, given: Mapping[int, Batch]) -> dict[int, torch.Tensor]:
        places = sorted(given)
        batch = _joined([given[place] for place in places], self._pad_token_id)
        model = self._trainers[0].model
        assert model is not None
        model.train()
        with self._trainers[0].step_mode(), self._weights_of_all(places):
            logits = model(**batch)["logits"].unflatten(0, (len(places), -1))
        losses = {}
        for place, rows in zip(places, logits, strict=True):
            labels = given[place]["labels"]
            losses[place] = self._trainers[place].training_loss(rows[: len(labels)], labels)
        torch.stack(list(losses.values())).sum().backward()
        for one in self._stacked:
            one.give_gradients(places)
        return {place: loss.detach() for place, loss in losses.items()}

    @contextlib.contextmanager
    def _weights_of_all(self, places: Sequence[int]) -> Iterator[None]:
        for one in self._stacked:
            one.module.forward = partial(one.forward, places)
        try:
            yield
        finally:
            for one in self._stacked:
                del one.module.forward


def _stacked(models: Sequence[nn.Module]) -> Iterator[_Stacked]:
    """The modules with trained weights, and the weights of all models."""
    trained = [trained_weights(model) for model in models]
    by_module: dict[str, dict[str, list[nn.Parameter]]] = {}
    for name in trained[0]:
        path, _, own = name.rpartition(".")
        if isinstance(models[0].get_submodule(path), nn.ParameterDict):
            # It computes nothing itself.
            path, _, holder = path.rpartition(".")
            own = f"{holder}.{own}"
        by_module.setdefault(path, {})[own] = [weights[name] for weights in trained]
    for path, of in by_module.items():
        yield _Stacked.of_seeds(models[0].get_submodule(path), of)


def _joined(batches: Sequence[Batch], pad_token_id: int) -> Batch:
    """The batches one after the other, without labels, all of the size of the largest."""
    fill = {"input_ids": pad_token_id, "attention_mask": 0}
    most = max(len(batch["labels"]) for batch in batches)
    joined = {}
    for key in batches[0].keys() - {"labels"}:
        parts = [batch[key] for batch in batches]
        if key in fill:
            longest = max(part.shape[1] for part in parts)
            parts = [
                functional.pad(part, (0, longest - part.shape[1]), value=fill[key])
                for part in parts
            ]
        # Repeated rows have logits that no loss reads.
        rows = [torch.cat([part, part[:1].expand(most - len(part), -1)]) for part in parts]
        joined[key] = torch.cat(rows)
    return joined
