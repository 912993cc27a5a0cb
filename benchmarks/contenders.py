"""What is timed, told to another process and made there."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pyarrow.parquet as pq

from benchmarks.plan import Contender
from benchmarks.roofline import Roofline
from benchmarks.sample import Sample, spread
from benchmarks.stock import SETTINGS, StockTraining
from textune.data.tokenized import Prepared, PreparedSplit, read_prepared
from textune.params import Params
from textune.pipeline.learners import make_learner
from textune.training.learner import EncoderLearner


class Timed(Protocol):
    """What the rounds ask for."""

    def warm_up(self) -> None:
        """Once, before the first round."""

    def examples_per_second(self) -> float:
        """Train for a round; the examples trained on in a second of training steps."""


@dataclass(frozen=True)
class Entry:
    """A contender with what it trains: a method, on `examples` examples of the sample in a round.

    The model of its parameters is that of the sample.
    """

    contender: Contender
    method: str
    sample: Sample
    examples: int


class OwnTraining:
    """textune as `train` runs it, with the parameters as they are, on `examples` in a round.

    A head over a frozen encoder is trained for all epochs in a round, as its encoder runs once for
    all of them; speed counts an example in each epoch. The others train for one epoch.
    """

    def __init__(self, method: str, params: Params, data: Prepared, examples: int) -> None:
        train = params.train
        trains_encoder = params.encoder_method(method).trains_encoder
        batch_size = train.batch_size if trains_encoder else train.eval_batch_size
        if trains_encoder:
            train = train.model_copy(update={"epochs": 1})
        self._method, self._params = method, params.model_copy(update={"train": train})
        chosen = like_lengths(data.train, batch_size, examples)
        # Examples of the mean length that have as many tokens.
        self._examples = float(chosen.lengths.sum() / data.train.lengths.mean())
        self._data = replace(data, train=chosen)

    def warm_up(self) -> None:
        """Train untimed."""
        self.examples_per_second()

    def examples_per_second(self) -> float:
        """Examples trained on in a second of training steps, the encoding of texts included."""
        learner = make_learner(self._params, self._method, self._data, seed=0)
        assert isinstance(learner, EncoderLearner)
        learner.start()
        learner.fit()
        return self._examples * self._params.train.epochs / learner.train_seconds


def like_lengths(split: PreparedSplit, batch_size: int, examples: int) -> PreparedSplit:
    """Examples of which textune makes the very batches that it would make of all, but fewer."""
    order = split.by_length().tolist()
    starts = range(0, max(1, len(order) - batch_size + 1), batch_size)
    batches = [order[start : start + batch_size] for start in starts]
    some = spread(batches, split.lengths, max(1, examples // batch_size))
    return split.take(np.array([number for batch in some for number in batch]))


def enter(entry: Entry) -> Timed:
    """The contender of `entry`, ready to warm up."""
    kind, sample = entry.contender.kind, entry.sample
    params = entry.contender.params.model_copy(update={"model": sample.model})
    data = read_prepared(sample.folder)
    if kind == "roofline":
        return Roofline(entry.method, params, len(data.label_names), sample.mean_tokens)
    if kind == "textune":
        return OwnTraining(entry.method, params, data, entry.examples)
    train = pq.read_table(sample.folder / "train.parquet")
    return StockTraining(
        SETTINGS[kind],
        entry.method,
        params,
        data.label_names,
        train["text"].to_pylist(),
        train["label"].to_pylist(),
        entry.examples,
    )
