"""Who takes part: each trains one method on one model, in a process of its own."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow.parquet as pq

from textune.bench.sample import spread
from textune.data.prepared import Prepared, PreparedSplit, read_prepared
from textune.params import Params, check_params


class Contender(Protocol):
    """What the rounds ask for."""

    def warm_up(self) -> None:
        """Once, before the first round."""

    def tweets_per_second(self) -> float:
        """Train for a round; the rows trained on in a second of training steps."""


@dataclass(frozen=True)
class Entry:
    """A contender, told to another process.

    `values` is what params.yaml has, with the model to train. `folder` has the texts, of
    `mean_tokens` tokens each; a round trains on `rows` of them.
    """

    contender: str
    method: str
    values: dict[str, Any]
    folder: Path
    rows: int
    mean_tokens: float


class OwnTraining:
    """textune as `train` runs it, with the parameters as they are, on `rows` rows in a round.

    A head over a frozen encoder is trained for all epochs in a round, as its encoder runs once for
    all of them; speed counts a row in each epoch. The others train for one. `context` is entered
    for each round.
    """

    def __init__(
        self,
        method: str,
        params: Params,
        data: Prepared,
        rows: int,
        context: AbstractContextManager[Any],
    ) -> None:
        trains_encoder = params.method(method).trains_encoder
        train = params.train
        batch_size = train.batch_size if trains_encoder else train.eval_batch_size
        self._method, self._params, self._context = method, params, context
        if trains_encoder:
            one = train.model_copy(update={"epochs": 1})
            self._params = params.model_copy(update={"train": one})
        chosen = _like_lengths(data.train, batch_size, rows)
        # Rows of the mean length that have as many tokens.
        self._rows = float(chosen.lengths.sum() / data.train.lengths.mean())
        self._data = replace(data, train=chosen)

    def warm_up(self) -> None:
        """Train untimed."""
        self.tweets_per_second()

    def tweets_per_second(self) -> float:
        """Rows trained on in a second of training steps, the encoding of texts included."""
        from textune.training.run import Run

        with self._context:
            run = Run(self._method, self._params, self._data, seed=0)
            run.train()
        return self._rows * self._params.train.epochs / run.train_seconds


def _like_lengths(split: PreparedSplit, batch_size: int, rows: int) -> PreparedSplit:
    """Rows of which textune makes the very batches that it would make of all, but fewer."""
    order = split.by_length().tolist()
    starts = range(0, max(1, len(order) - batch_size + 1), batch_size)
    batches = [order[start : start + batch_size] for start in starts]
    some = spread(batches, split.lengths, max(1, rows // batch_size))
    return split.take(np.array([row for batch in some for row in batch]))


def enter(entry: Entry) -> Contender:
    """The contender of `entry`, ready to warm up."""
    params = check_params(entry.values, "bench")
    data = read_prepared(entry.folder)
    if entry.contender == "roofline":
        from textune.bench.roofline import Roofline

        return Roofline(entry.method, params, data.label_names, entry.mean_tokens)

    from textune.bench.pieces import left_out
    from textune.bench.stock import SETTINGS, StockTraining

    if entry.contender not in SETTINGS:
        params, context = left_out(entry.contender, params)
        return OwnTraining(entry.method, params, data, entry.rows, context)

    from textune.pretrained import load_tokenizer

    rows = pq.read_table(entry.folder / "train.parquet")
    return StockTraining(
        SETTINGS[entry.contender],
        entry.method,
        params,
        load_tokenizer(params.model),
        data.label_names,
        rows["text"].to_pylist(),
        rows["label"].to_pylist(),
        entry.rows,
    )
