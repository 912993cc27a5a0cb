"""Several seeds of one method trained by one process, over one frozen encoder.

Each seed has a learner in a thread of its own: its batches, optimizer, schedule, validation and
checkpoints are those of the seed alone. Only forward and backward are one for all of them: the
texts of all seeds go through the encoder as one batch, and modules with trained weights compute the
rows of each seed with its own.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import torch
from transformers import TrainerCallback

from textune.errors import DivergedError, UserError
from textune.interrupts import deferred
from textune.modeling.learner import Learner
from textune.scaling.stacked import joined, stacked
from textune.training import processes
from textune.training.batches import Batch
from textune.training.learner import EncoderLearner
from textune.training.watching import ShowProgress

# Whose modules are given the texts as the first dimension of what they compute. In others attention
# turns it round (Longformer) or has rows of its own (DeBERTa).
_ROWS_FIRST = {"bert", "camembert", "distilbert", "electra", "mpnet", "roberta", "xlm-roberta"}


def require_sharing(learners: Sequence[Learner]) -> None:
    """Raise `UserError` unless the learners, of one method, can share their steps."""
    for one in learners:
        if not isinstance(one, EncoderLearner) or not one.method.shares_encoder:
            raise UserError(
                "seeds of this method share no frozen encoder: train one seed at a time"
            )
        if one.job.train.fast.compiled:
            raise UserError("train.fast.compiled is for one seed at a time: set it to false")
    if processes.number() > 1:
        raise UserError("several seeds train together in one process only, without torchrun")


def fit_together(learners: Sequence[Learner]) -> list[list[dict[str, float]]]:
    """What each learner's `fit` gives, in order; they have started.

    If one fails, all end. Raises `UserError` for a model that they cannot share.
    """
    sharing = [one for one in learners if isinstance(one, EncoderLearner)]
    kind = sharing[0].classifier.model.config.model_type
    if kind not in _ROWS_FIRST:
        raise UserError(
            f"model.name: seeds cannot train together over an encoder of type {kind}: train one"
            " seed at a time"
        )
    for one in sharing[1:]:
        # One bar is enough; they would write over each other.
        one.trainer.remove_callback(ShowProgress)
    steps = _JointSteps(sharing)
    # A signal is noted here, in the main thread; the others look whether there was one.
    with deferred(), ThreadPoolExecutor(len(sharing)) as pool:
        fitted = [pool.submit(steps.run, place, one) for place, one in enumerate(sharing)]
    return [one.result() for one in fitted]


class _JointSteps:
    """Where the threads of the seeds meet at each step; the last to come computes it for all."""

    def __init__(self, learners: Sequence[EncoderLearner]) -> None:
        self._trainers = [one.trainer for one in learners]
        self._pad_token_id = learners[0].pad_token_id
        self._stacked = list(stacked([one.model for one in learners]))
        self._condition = threading.Condition()
        self._members = set(range(len(learners)))
        # None from a seed that only waits for the others.
        self._given: dict[int, Batch | None] = {}
        self._losses: dict[int, torch.Tensor | None] = {}
        self._error: BaseException | None = None
        turn = threading.Lock()
        for place, one in enumerate(learners):
            one.trainer.share_steps(partial(self._step, place), turn)
            one.trainer.add_callback(_BeginTogether(partial(self._meet, place)))

    def run(self, place: int, learner: EncoderLearner) -> list[dict[str, float]]:
        """`learner.fit`, in its thread."""
        try:
            return learner.fit()
        except DivergedError as error:
            self._error = error
            raise
        finally:
            self._leave(place)

    def _step(self, place: int, batch: Batch) -> torch.Tensor:
        """The loss of a seed's batch; its trained weights have their gradients."""
        loss = self._meet(place, batch)
        assert loss is not None
        return loss

    def _meet(self, place: int, batch: Batch | None = None) -> torch.Tensor | None:
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
            self._condition.notify_all()
            if not self._members:
                for one in self._stacked:
                    one.take_apart()

    def _compute_if_all_are_here(self) -> None:
        if not self._members or self._given.keys() != self._members:
            return
        batches = {place: batch for place, batch in self._given.items() if batch is not None}
        try:
            losses = self._compute(batches) if batches else {}
            self._losses = {place: losses.get(place) for place in self._given}
        except Exception as error:
            self._error = error
        self._given = {}
        self._condition.notify_all()

    def _compute(self, given: dict[int, Batch]) -> dict[int, torch.Tensor]:
        places = sorted(given)
        batch = joined([given[place] for place in places], self._pad_token_id)
        # Its thread waits here, so what makes its model fast is in place.
        carrier = self._trainers[places[0]]
        model = carrier.model
        assert model is not None
        model.train()
        with carrier.step_mode(), self._weights_of_all(places):
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
        carriers = [(one.modules[places[0]], one) for one in self._stacked]
        for module, one in carriers:
            module.forward = partial(one.forward, places)
        try:
            yield
        finally:
            for module, _ in carriers:
                del module.forward


class _BeginTogether(TrainerCallback):
    """An epoch begins when all seeds are there: nobody's time has the others' validation in it."""

    def __init__(self, meet: Callable[[], object]) -> None:
        self._meet = meet

    def on_epoch_begin(self, *args: Any, **kwargs: Any) -> None:
        self._meet()
