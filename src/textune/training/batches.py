"""Batches of token ids: which examples stand together, and how they become tensors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from textune.data.tokenized import PreparedSplit

Batch = dict[str, torch.Tensor]


def as_fetched(batch: Any) -> Any:
    """A collator for data sets that fetch whole batches."""
    return batch


@dataclass(frozen=True)
class PaddedExamples(Dataset[Batch]):
    """The examples of a split, fetched a batch at a time.

    A batch of n examples has `input_ids` and `attention_mask` (n, length) and `labels` (n,). Its
    length is that of the longest example, rounded up to a multiple of `multiple`, or `length` if
    given.
    """

    split: PreparedSplit
    pad_token_id: int
    length: int | None = None
    multiple: int = 1

    def __len__(self) -> int:
        return len(self.split)

    def __getitems__(self, numbers: list[int]) -> Batch:
        starts, lengths = self.split.offsets[numbers], self.split.lengths[numbers]
        longest = -(-lengths.max() // self.multiple) * self.multiple
        mask = np.arange(self.length or longest) < lengths[:, None]
        ids = np.full(mask.shape, self.pad_token_id, dtype=np.int64)
        # Position of every token in the flat array, example after example.
        within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
        ids[mask] = self.split.tokens[np.repeat(starts, lengths) + within]
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask.astype(np.int64)),
            "labels": torch.from_numpy(self.split.labels[numbers]),
        }

    def __getitem__(self, number: int) -> Batch:
        return self.__getitems__([number])


class LengthGroupedBatches:
    """A batch sampler: random examples of like length together, the batches in random order.

    Examples of one length are shuffled anew in each pass, so the batches are others every epoch. A
    batch has `batch_size` examples or, with `tokens`, at most as many as have so many tokens, with
    padding; one longer example is a batch, too.
    """

    def __init__(
        self, lengths: np.ndarray, batch_size: int, seed: int, tokens: int | None = None
    ) -> None:
        self._lengths = lengths
        self._sizes = (
            np.full(-(-len(lengths) // batch_size), batch_size)
            if tokens is None
            else _sizes_by_tokens(np.sort(lengths), tokens)
        )
        self._random = np.random.default_rng(seed)
        self._at_start = self._random.bit_generator.state

    def state_of_pass(self, within: bool) -> dict[str, Any]:
        """What the batches of the pass depend on, as JSON.

        within: the pass that was begun is not over; else it is the next one.
        """
        return dict(self._at_start if within else self._random.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> None:
        """The next pass is that of `state`."""
        self._random.bit_generator.state = state

    def __len__(self) -> int:
        return len(self._sizes)

    def __iter__(self) -> Iterator[list[int]]:
        self._at_start = self._random.bit_generator.state
        shuffled = self._random.permutation(len(self._lengths))
        ordered = shuffled[np.argsort(self._lengths[shuffled], kind="stable")]
        sizes = self._sizes.copy()
        # The short batch, if there is one, has examples of another length each time.
        sizes[self._random.integers(len(self))] -= sizes.sum() - len(ordered)
        batches = np.split(ordered, sizes.cumsum()[:-1])
        for number in self._random.permutation(len(batches)):
            yield batches[number].tolist()


def _sizes_by_tokens(ascending: np.ndarray, tokens: int) -> np.ndarray:
    """How many examples each batch has, the shortest examples first."""
    ends = [0]
    for number, length in enumerate(ascending):
        # Padded to the longest, which is the last.
        if number > ends[-1] and (number + 1 - ends[-1]) * length > tokens:
            ends.append(number)
    return np.diff([*ends, len(ascending)])
