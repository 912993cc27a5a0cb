"""Prepared data: their digest, what is read of what is written, and draws of train."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.tiny import CLEANING
from textune.data.tokenized import Prepared, PreparedSplit, read_prepared, write_prepared
from textune.errors import UserError


def split(tokens: list[int], labels: list[int]) -> PreparedSplit:
    """Examples of two tokens each."""
    count = len(labels)
    lengths = np.full(count, 2)
    ids = [str(number) for number in range(count)]
    starts = np.arange(count) * 2
    return PreparedSplit(ids, np.array(labels), np.array(tokens, np.int32), starts, lengths)


def test_digest_sees_tokens_and_labels_of_train_and_validation() -> None:
    train, validation = split([1, 2, 3, 4], [0, 1]), split([5, 6], [1])
    data = Prepared(["no", "yes"], CLEANING, train, validation, None)
    others = [
        replace(data, train=split([1, 2, 3, 5], [0, 1])),
        replace(data, train=split([1, 2, 3, 4], [1, 1])),
        replace(data, validation=split([5, 7], [1])),
        replace(data, validation=split([5, 6], [0])),
        replace(data, train=split([1, 2], [0])),
    ]
    digests = {prepared.digest() for prepared in (data, *others)}
    assert len(digests) == 6
    assert replace(data, test=validation).digest() == data.digest()


def test_groups_are_written_and_read(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "row_id": ["a", "b", "c"],
            "text": ["x", "y", "z"],
            "label": [0, 1, 1],
            "token_ids": [[1], [2, 3], [4]],
        }
    )
    named = table.assign(group=["ann", "bob", "ann"])
    folder = tmp_path / "prepared"
    write_prepared(folder, ["no", "yes"], {"train": named, "validation": table}, CLEANING)
    read = read_prepared(folder, with_test=False)
    assert read.train.groups is not None
    assert read.train.groups.tolist() == ["ann", "bob", "ann"]
    chosen = read.train.take(np.array([2, 1])).groups
    assert chosen is not None
    assert chosen.tolist() == ["ann", "bob"]
    assert read.validation.groups is None
    columns = pq.read_schema(folder / "validation.parquet").names
    assert columns == ["row_id", "text", "label", "token_ids"]


@pytest.mark.parametrize("broken", range(1, 4))
def test_the_folder_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: int
) -> None:
    """It breaks at each file in turn; what a killed process left is replaced."""
    table = pd.DataFrame({"row_id": ["a"], "text": ["x"], "label": [0], "token_ids": [[1]]})
    tables = dict.fromkeys(("train", "validation", "test"), table)
    folder = tmp_path / "prepared"
    write, seen = pq.write_table, []

    def breaking(content: pa.Table, path: Path) -> None:
        write(content, path)
        seen.append(path)
        assert not {*folder.glob("*")} - before
        if len(seen) == broken:
            raise KeyboardInterrupt

    before: set[Path] = set()
    for names in (["first"], ["second"]):
        monkeypatch.setattr(pq, "write_table", breaking)
        with pytest.raises(KeyboardInterrupt):
            write_prepared(folder, names, tables, CLEANING)
        assert {*folder.glob("*")} == before
        assert len(list(tmp_path.iterdir())) == bool(before)

        monkeypatch.setattr(pq, "write_table", write)
        (tmp_path / ".prepared").mkdir()
        (tmp_path / ".prepared" / "train.parquet").write_text("half of it")
        write_prepared(folder, names, tables, CLEANING)
        assert read_prepared(folder).label_names == names
        assert [path.name for path in tmp_path.iterdir()] == ["prepared"]
        before = {*folder.glob("*")}
        seen.clear()


def drawn(part: PreparedSplit, seed: int) -> list[int]:
    """The numbers of the examples that `resampled` takes."""
    return [int(row_id) for row_id in part.resampled(seed).row_ids]


def test_a_draw_has_as_many_examples_of_each_label_with_replacement() -> None:
    labels = [0] * 300 + [1] * 99 + [2]
    train = split([0] * 800, labels)
    numbers = drawn(train, seed=3)
    assert numbers == sorted(numbers) == drawn(train, seed=3) != drawn(train, seed=4)
    assert np.bincount(train.resampled(3).labels).tolist() == [300, 99, 1]
    # Of many examples 1 - 1/e are drawn at least once.
    assert len(set(numbers)) == pytest.approx(400 * (1 - np.exp(-1)), abs=25)
    again = train.resampled(3)
    assert again.labels.tolist() == [labels[number] for number in numbers]
    assert again.offsets.tolist() == [2 * number for number in numbers]


def test_a_draw_takes_whole_groups() -> None:
    groups = np.repeat([f"g{number}" for number in range(100)], [1, 2, 3, 4] * 25).astype(object)
    train = replace(split([0] * 500, [0, 1] * 125), groups=groups)
    times = np.bincount(drawn(train, seed=0), minlength=250)
    by_group = {name: set(times[groups == name]) for name in groups}
    assert all(len(of_group) == 1 for of_group in by_group.values())
    assert sum(number for of_group in by_group.values() for number in of_group) == 100
    assert drawn(train, seed=0) == drawn(train, seed=0) != drawn(train, seed=1)
    again = train.resampled(0).groups
    assert again is not None
    assert again.tolist() == np.repeat(groups, times).tolist()


def test_a_draw_of_groups_keeps_every_label_or_says_so() -> None:
    # The third label is in one of twenty groups, which more than every third draw leaves out.
    labels = [0, 1] * 19 + [2, 2]
    groups = np.repeat([f"g{number:02}" for number in range(20)], 2).astype(object)
    train = replace(split([0] * 80, labels), groups=groups)
    for seed in range(20):
        assert set(train.resampled(seed).labels) == {0, 1, 2}
    apart = replace(split([0] * 80, list(range(40))), groups=groups)
    with pytest.raises(UserError, match=r"^train\.resample: .* set it to false"):
        apart.resampled(0)
