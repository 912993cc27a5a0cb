"""Splits are stratified, seeded, disjoint, and say what is wrong with their sizes."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.tiny import real_values
from textune.config.sections import DataParams
from textune.data.corpus import Corpus
from textune.data.splitting import split, without_training
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


def of_counts(*counts: int) -> Corpus:
    """So many rows of each label, in turn."""
    labels = np.repeat(range(len(counts)), counts)
    table = pd.DataFrame({"row_id": [str(n) for n in range(len(labels))], "label": labels})
    names = [f"label {label}" for label in range(len(counts))]
    return Corpus(names, {"train": table.sample(frac=1, random_state=0, ignore_index=True)})


def own_splits(corpus: Corpus) -> Corpus:
    held_out = corpus.tables["train"].drop_duplicates("label")
    return Corpus(corpus.label_names, {**corpus.tables, "validation": held_out, "test": held_out})


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        # Fewer rows are left out than there are labels, or labels have one row.
        ([1334, 1334, 1334], 4000),
        ([53] * 50 + [52] * 27, 4000),
        ([100, 100, 100, 1], 200),
        ([1000, 1, 1, 1], 4),
        ([300, 2, 2, 2, 2], 6),
        ([5, 5], 9),
    ],
)
def test_the_limit_is_met_and_every_label_keeps_a_row(counts: list[int], limit: int) -> None:
    corpus = own_splits(of_counts(*counts))
    tables, left_out = split(corpus, params(max_train_examples=limit))
    assert len(tables["train"]) == limit
    assert left_out["over_max_train_examples"] == sum(counts) - limit
    assert tables["train"]["row_id"].is_unique
    drawn = np.bincount(tables["train"]["label"], minlength=len(counts))
    fair = np.array(counts) * limit / sum(counts)
    assert drawn.min() >= 1
    assert np.abs(drawn - fair)[fair > 2].max() <= len(counts)
    again, _ = split(corpus, params(max_train_examples=limit))
    assert again["train"].equals(tables["train"])


def test_labels_with_one_row_stay_in_train() -> None:
    tables, _ = split(of_counts(100, 100, 100, 1, 1), params())
    assert {name: len(table) for name, table in tables.items()} == {
        "train": 194,
        "validation": 48,
        "test": 60,
    }
    assert set(tables["train"]["label"]) == {0, 1, 2, 3, 4}
    assert set(tables["test"]["label"]) == {0, 1, 2}


@pytest.mark.parametrize(
    ("counts", "changes", "expected"),
    [
        ([150] * 2, {"test_size": 300}, "data.test_size is 300, but train has only 300 examples"),
        ([150] * 2, {"validation_size": 250}, "data.validation_size is 250, but train has only 2"),
        (
            [150] * 2,
            {"max_train_examples": 1},
            "is 1, but train has 2 labels and keeps one example",
        ),
        ([5] * 77, {"test_size": 50}, "need the 77 labels that .*; choose 77 to 308"),
        ([5] * 77, {"test_size": 0.9}, "346 examples would be cut off and 39 left, but both need"),
        ([1] * 99, {"test_size": 9}, "need the 0 labels that have two .*; add examples"),
    ],
)
def test_sizes_that_do_not_fit(counts: list[int], changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(UserError, match=expected) as caught:
        split(of_counts(*counts), params(**changes))
    assert "cleaning" not in str(caught.value)


def test_too_few_examples_after_cleaning_are_explained() -> None:
    dropped = Counter(conflicting_labels=290, duplicate=7, empty=0)
    with pytest.raises(
        UserError,
        match=r"only 3 examples .*; cleaning dropped 297 examples of train: 290 copies with"
        r" different labels, 7 further copies of a text; data\.copies=keep keeps copies$",
    ):
        split(of_counts(2, 1), params(), dropped)


def test_labels_that_train_lacks_are_told() -> None:
    tables = of_counts(3, 3, 3).tables["train"].groupby("label")
    held_out = pd.concat([tables.get_group(label) for label in range(3)])
    train = held_out[held_out["label"] == 0]
    splits = {"train": train, "validation": train, "test": held_out}
    assert without_training(splits, ["x", "y", "z"]) == [
        "6 of 9 examples of test have labels that no example of train has, so no method can get"
        " them right: 'y', 'z'"
    ]


def grouped(sizes: Any, labels: int = 3) -> Corpus:
    """Groups of these sizes; which labels are frequent depends on the group."""
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.ones(labels), len(sizes))
    drawn = [
        random.choice(labels, size, p=share) for size, share in zip(sizes, shares, strict=True)
    ]
    table = pd.DataFrame(
        {
            "row_id": [str(number) for number in range(sum(sizes))],
            "label": np.concatenate(drawn),
            "group": np.repeat([f"g{number}" for number in range(len(sizes))], sizes),
        }
    )
    return Corpus([str(label) for label in range(labels)], {"train": table})


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("heavy", [False, True])
def test_groups_stay_together_at_about_the_sizes_and_shares(seed: int, heavy: bool) -> None:
    random = np.random.default_rng(seed)
    # The largest heavy group has about a twelfth of all rows.
    heavy_sizes = np.ceil(2 * random.pareto(1.3, 400)).clip(max=200)
    sizes = heavy_sizes if heavy else random.geometric(0.2, 400)
    corpus = grouped(sizes.astype(int))
    rows = len(corpus.tables["train"])
    tables, _ = split(corpus, params(validation_size=0.2, test_size=0.2, split_seed=seed))
    groups = [set(table["group"]) for table in tables.values()]
    assert len(set.union(*groups)) == sum(map(len, groups)) == 400
    assert sum(map(len, tables.values())) == rows
    shares = corpus.tables["train"]["label"].value_counts(normalize=True)
    for name, share in (("test", 0.2), ("validation", 0.16)):
        assert len(tables[name]) == pytest.approx(share * rows, rel=0.1)
        assert (tables[name]["label"].value_counts(normalize=True) - shares).abs().max() < 0.03


def test_seed_decides_on_groups() -> None:
    def test_groups(seed: int) -> set[str]:
        return set(split(grouped([3] * 60), params(split_seed=seed))[0]["test"]["group"])

    assert test_groups(1) == test_groups(1) != test_groups(2)


def test_a_label_of_one_group_stays_in_train() -> None:
    rows = grouped([5] * 40, labels=2)
    rows.tables["train"].loc[rows.tables["train"]["group"] == "g7", "label"] = 2
    rows.label_names.append("2")
    for seed in range(5):
        tables, _ = split(rows, params(split_seed=seed))
        assert set(tables["train"]["label"]) == {0, 1, 2}
        assert "g7" in set(tables["train"]["group"])


def test_groups_that_cannot_be_split() -> None:
    with pytest.raises(UserError, match=r"data\.test_size: all 90 examples left are of one group"):
        split(grouped([90]), params(group_column="author"))
    rows = grouped([50, 50], labels=2)
    rows.tables["train"]["label"] = np.repeat([0, 1], 50)
    with pytest.raises(
        UserError, match=r"no choice of whole groups of 'author' leaves every label"
    ):
        split(rows, params(group_column="author"))


def test_the_limit_chooses_rows_of_groups() -> None:
    tables, left_out = split(grouped([5] * 60), params(max_train_examples=40))
    assert len(tables["train"]) == 40
    assert left_out["over_max_train_examples"] > 0
