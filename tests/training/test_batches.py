"""Batches hold every row once, of like length, and pad with a mask."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.training import fitted, prepared
from textune.data.tokenized import PreparedSplit
from textune.errors import UserError
from textune.params import Params
from textune.training.batches import LengthGroupedBatches, PaddedExamples


def split(lengths: list[int]) -> PreparedSplit:
    sizes = np.array(lengths)
    tokens = np.concatenate([np.full(n, number + 1) for number, n in enumerate(lengths)])
    labels = np.arange(len(lengths)) % 3
    ids = [str(number) for number in range(len(lengths))]
    return PreparedSplit(ids, labels, tokens.astype(np.int32), sizes.cumsum() - sizes, sizes)


def test_rows_are_padded_on_the_right() -> None:
    batch = PaddedExamples(split([2, 1, 3]), pad_token_id=9).__getitems__([2, 0])
    assert batch["input_ids"].tolist() == [[3, 3, 3], [1, 1, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch["labels"].tolist() == [2, 0]


def test_fixed_length() -> None:
    batch = PaddedExamples(split([2, 1]), pad_token_id=0, length=4).__getitems__([1])
    assert batch["input_ids"].tolist() == [[2, 0, 0, 0]]


def test_sorting_keeps_rows_whole() -> None:
    unsorted = split([5, 1, 3])
    rows = unsorted.take(unsorted.by_length())
    assert rows.row_ids == ["1", "2", "0"]
    assert rows.labels.tolist() == [1, 2, 0]
    assert PaddedExamples(rows, 0).__getitems__([0, 2])["input_ids"].tolist() == [
        [2, 0, 0, 0, 0],
        [1, 1, 1, 1, 1],
    ]


@pytest.mark.parametrize(("rows", "batch_size"), [(100, 8), (96, 8), (5, 8), (1, 1)])
def test_every_row_stands_in_one_batch(rows: int, batch_size: int) -> None:
    lengths = np.random.default_rng(0).integers(5, 40, rows)
    sampler = LengthGroupedBatches(lengths, batch_size, seed=0)
    for _ in range(3):
        batches = list(sampler)
        assert len(batches) == len(sampler) == -(-rows // batch_size)
        assert sorted(row for batch in batches for row in batch) == list(range(rows))
        assert max(map(len, batches)) <= batch_size


def test_like_lengths_stand_together_in_random_order() -> None:
    lengths = np.random.default_rng(0).integers(5, 40, 4000)
    sampler = LengthGroupedBatches(lengths, 32, seed=0)
    first, second = list(sampler), list(sampler)
    assert max(lengths[batch].max() - lengths[batch].min() for batch in first) <= 1
    means = [lengths[batch].mean() for batch in first]
    assert abs(np.corrcoef(means, range(len(means)))[0, 1]) < 0.3
    assert {frozenset(batch) for batch in first}.isdisjoint({frozenset(b) for b in second})
    assert first == list(LengthGroupedBatches(lengths, 32, seed=0))


def test_batches_by_tokens() -> None:
    lengths = np.random.default_rng(0).integers(5, 40, 400)
    sampler = LengthGroupedBatches(lengths, 32, seed=0, tokens=256)
    first, second = list(sampler), list(sampler)
    for batches in (first, second):
        assert len(batches) == len(sampler)
        assert sorted(row for batch in batches for row in batch) == list(range(400))
        padded = sorted(len(batch) * int(lengths[batch].max()) for batch in batches)
        assert padded[-1] <= 256
        # But for the last, no batch has room for another text.
        assert padded[1] > 256 - 2 * 40
    same = {frozenset(batch) for batch in first} & {frozenset(batch) for batch in second}
    assert len(same) < len(first) / 4
    # A text that is longer than a batch is one.
    assert sorted(map(len, LengthGroupedBatches(np.array([3, 9, 3]), 32, 0, tokens=6))) == [1, 2]


def test_batches_by_tokens_are_trained_on(
    tmp_path: Path, tiny_params: Callable[..., Params]
) -> None:
    params = tiny_params("bert", train={"batch_tokens": 64, "epochs": 1})
    data = prepared(tmp_path, params, {"train": 45, "val": 8, "test": 8})
    run, epochs = fitted(params, "lora", data)
    steps = len(LengthGroupedBatches(data.train.lengths, 32, 0, 64))
    assert run.trainer.state.global_step == steps > 10
    assert len(epochs) == 2
    with pytest.raises(UserError, match=r"train\.group_by_length is false, but it should be true"):
        tiny_params("bert", train={"batch_tokens": 64, "group_by_length": False})


def test_lengths_are_rounded_up_to_a_multiple() -> None:
    rows = split([3, 9, 1])
    for numbers, length in (([0, 2], 8), ([0, 1], 16)):
        batch = PaddedExamples(rows, 0, multiple=8).__getitems__(numbers)
        assert batch["input_ids"].shape == batch["attention_mask"].shape == (2, length)
        assert batch["attention_mask"].sum() == rows.lengths[numbers].sum()


def test_batches_have_the_types_that_models_want() -> None:
    batch = PaddedExamples(split([2, 2]), 0).__getitems__([0, 1])
    assert {tensor.dtype for tensor in batch.values()} == {torch.int64}
