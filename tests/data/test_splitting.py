"""Splits are stratified, seeded, disjoint, and say what is wrong with their sizes."""

from typing import Any

import pandas as pd
import pytest

from tests.tiny import real_values
from textune.config.sections import DataParams
from textune.data.corpus import Corpus
from textune.data.splitting import split
from textune.errors import UserError
from textune.params import check_params


def params(**changes: Any) -> DataParams:
    values = real_values()
    values["data"].update({"validation_size": 0.2, "test_size": 60, "max_train_examples": None})
    values["data"].update(changes)
    return check_params(values, "params.yaml").data


def corpus(rows: int = 300) -> Corpus:
    labels = [0 if number % 4 else 1 for number in range(rows)]
    ids = [str(number) for number in range(rows)]
    return Corpus(["x", "y"], {"train": pd.DataFrame({"row_id": ids, "label": labels})})


def test_sizes_and_shares() -> None:
    tables, left_out = split(corpus(), params())
    assert {name: len(table) for name, table in tables.items()} == {
        "train": 192,
        "validation": 48,
        "test": 60,
    }
    assert all(abs(table["label"].mean() - 0.25) < 0.01 for table in tables.values())
    assert left_out["over_max_train_examples"] == 0


def test_every_row_stands_in_one_split() -> None:
    tables, _ = split(corpus(), params())
    ids = pd.concat(list(tables.values()))["row_id"]
    assert sorted(ids, key=int) == [str(number) for number in range(300)]


def test_seed_decides() -> None:
    def test_rows(seed: int) -> list[str]:
        rows: list[str] = split(corpus(), params(split_seed=seed))[0]["test"]["row_id"].tolist()
        return rows

    assert test_rows(1) == test_rows(1) != test_rows(2)


def test_limit_draws_from_train_only_and_by_label() -> None:
    whole, _ = split(corpus(), params())
    tables, left_out = split(corpus(), params(max_train_examples=40))
    assert len(tables["train"]) == 40
    assert tables["train"]["label"].sum() == 10
    assert left_out["over_max_train_examples"] == 152
    assert tables["test"].equals(whole["test"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"test_size": 300}, "data.test_size is 300, but train has only 300 examples"),
        ({"validation_size": 250}, "data.validation_size is 250, but train has only 240 examples"),
        ({"max_train_examples": 1}, "data.max_train_examples: cannot split 192 examples by label"),
    ],
)
def test_sizes_that_do_not_fit(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        split(corpus(), params(**changes))


def test_a_label_with_one_row_is_named() -> None:
    rows = corpus()
    rows.tables["train"].loc[17, "label"] = 2
    with pytest.raises(UserError, match=r"data\.test_size: 17 is the only example left"):
        split(rows, params())
