"""One padded batch through each method, head and loss: what passes here trains."""

import numpy as np
import pandas as pd
import torch

from textune.data.tokenized import PreparedSplit
from textune.errors import UserError
from textune.modeling.loading import explained
from textune.modeling.methods.base import EncoderMethod
from textune.modeling.pretrained import load_classifier
from textune.modeling.tokenizer import load_tokenizer, tokenize
from textune.params import Params
from textune.training.batches import PaddedExamples
from textune.training.fast.model import fast_model
from textune.training.hardware import choose_device, choose_precision
from textune.training.layerwise_lr import rate_scales

# Of different length, so that all but one are padded.
_TEXTS = ["a", "a short text", "This text is a little longer, and it ends with a question: why?"]
_LABELS = ["no", "yes", "maybe"]


class Rehearsal:
    """A padded batch of the model's tokens, to be trained with one method after the other."""

    def __init__(self, params: Params) -> None:
        """Raises `UserError` if the model or its tokenizer cannot be had, or cannot pad."""
        self._params = params
        rows = [np.asarray(ids, np.int32) for ids in tokenize(params.model, pd.Series(_TEXTS))]
        lengths = np.array([len(ids) for ids in rows])
        split = PreparedSplit(
            row_ids=_TEXTS,
            labels=np.arange(len(rows)),
            tokens=np.concatenate(rows),
            offsets=lengths.cumsum() - lengths,
            lengths=lengths,
        )
        pad = load_tokenizer(params.model).pad_token_id
        self._batch = PaddedExamples(split, pad).__getitems__([*range(len(rows))])

    def attempt(self, name: str, method: EncoderMethod) -> None:
        """Train the model with a method for half a step: forward, loss and backward.

        Raises `UnsupportedError` if the model lacks what the method needs, and `UserError` if it
        cannot train as params.yaml says, or gives no finite loss.
        """
        model, task, train = self._params.model, self._params.task, self._params.train
        classifier = load_classifier(model, _LABELS, 0, task.problem_type)
        trained = method.attach_as(name, classifier)
        # Both raise for what training would end with.
        choose_precision(train, choose_device(train), classifier.architecture.in_bf16)
        rate_scales(classifier, train.layer_decay)
        labels = self._batch["labels"]

        def step() -> torch.Tensor:
            with fast_model(classifier, trained, train.fast, "cpu", "fp32"):
                logits = trained.train()(**self._batch).logits
            loss: torch.Tensor = task.training_loss(train, labels.numpy())(logits, labels)
            if loss.requires_grad:
                loss.backward()
            return loss.detach()

        loss = explained(model, step, "train")
        if not loss.isfinite():
            raise UserError(
                f"model.name: {model.name} gives a loss of {loss.item()} for three short texts; its"
                " weights are damaged"
            )
