"""Batches of token ids: which rows stand together, and how they become tensors."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from textune.data.prepared import PreparedSplit

Batch = dict[str, torch.Tensor]


def as_fetched(batch: Any) -> Any:
    """A collator for data sets that fetch whole batches."""
    return batch


@dataclass(frozen=True)
class PaddedRows(Dataset[Batch]):
    """The rows of a split, fetched a batch at a time.

    A batch of n rows has `input_ids` and `attention_mask` (n, length) and `labels` (n,); its length
    is that of the longest row, or `length` if given.
    """

    split: PreparedSplit
    pad_token_id: int
    length: int | None = None

    def __len__(self) -> int:
        return len(self.split)

    def __getitems__(self, rows: list[int]) -> Batch:
        starts, lengths = self.split.offsets[rows], self.split.lengths[rows]
        mask = np.arange(self.length or lengths.max()) < lengths[:, None]
        ids = np.full(mask.shape, self.pad_token_id, dtype=np.int64)
        # Position of every token in the flat array, row after row.
        within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
        ids[mask] = self.split.tokens[np.repeat(starts, lengths) + within]
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask.astype(np.int64)),
            "labels": torch.from_numpy(self.split.labels[rows]),
        }

    def __getitem__(self, row: int) -> Batch:
        return self.__getitems__([row])


class LengthGroupedBatches:
    """A batch sampler: random rows of like length together, the batches in random order.

    Rows of one length are shuffled anew in each pass, so the batches are others every epoch.
    """

    def __init__(self, lengths: np.ndarray, batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self.batch_size = batch_size
        self._random = np.random.default_rng(seed)

    def __len__(self) -> int:
        return -(-len(self._lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        shuffled = self._random.permutation(len(self._lengths))
        rows = shuffled[np.argsort(self._lengths[shuffled], kind="stable")]
        sizes = np.full(len(self), self.batch_size)
        # The short batch, if there is one, has rows of another length each time.
        sizes[self._random.integers(len(self))] -= sizes.sum() - len(rows)
        batches = np.split(rows, sizes.cumsum()[:-1])
        for number in self._random.permutation(len(batches)):
            yield batches[number].tolist()
