"""Rows of token ids as tensors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from textune.data.prepared import PreparedSplit


class TokenRows(Dataset[dict[str, Any]]):
    """The rows of a split for Trainer."""

    def __init__(self, split: PreparedSplit) -> None:
        self.split = split

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"input_ids": self.split.token_ids[row], "labels": self.split.labels[row]}


@dataclass(frozen=True)
class PadBatch:
    """Collates n rows to `input_ids` and `attention_mask` (n, length) and `labels` (n,).

    `length` is that of the longest row, unless given.
    """

    pad_token_id: int
    length: int | None = None

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        lengths = np.array([len(row["input_ids"]) for row in rows])
        mask = np.arange(self.length or lengths.max()) < lengths[:, None]
        ids = np.full(mask.shape, self.pad_token_id, dtype=np.int64)
        ids[mask] = np.concatenate([row["input_ids"] for row in rows])
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask.astype(np.int64)),
            "labels": torch.tensor([row["labels"] for row in rows]),
        }
