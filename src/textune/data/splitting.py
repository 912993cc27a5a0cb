"""Cutting a table into train, validation and test, each with the same shares of the labels."""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from textune.config.sections import DataParams
from textune.data.corpus import SPLITS, Corpus
from textune.errors import UserError

# Draws of groups, of which the one with the best shares of the labels is taken.
_DRAWS = 200


def split(corpus: Corpus, params: DataParams) -> tuple[dict[str, pd.DataFrame], Counter[str]]:
    """The three splits by name, and how many examples of train `max_train_examples` leaves out.

    A data set's own splits are kept as they are. What is cut from train keeps the rows of a `group`
    together, if tables have this column. Raises `UserError` if there are too few examples or
    groups.
    """
    splits = dict(corpus.tables)
    for name in ("test", "validation"):
        if name not in splits:
            splits["train"], splits[name] = _cut(splits["train"], f"{name}_size", params)
    tables = {name: splits[name] for name in SPLITS}
    limit, examples = params.max_train_examples, len(tables["train"])
    if limit is not None and limit < examples:
        tables["train"], _ = _stratified(
            tables["train"], examples - limit, params, "max_train_examples"
        )
    for name, table in tables.items():
        tables[name] = table.sort_index()
        if table.empty:
            raise UserError(f"data: no examples are left for {name}")
    if tables["train"]["label"].nunique() < 2:
        only = corpus.label_names[tables["train"]["label"].iloc[0]]
        raise UserError(f"data: {only!r} is the only label left in train; two or more are needed")
    return tables, Counter(over_max_train_examples=examples - len(tables["train"]))


def _cut(
    table: pd.DataFrame, size_key: str, params: DataParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    size = getattr(params, size_key)
    examples = round(size * len(table)) if isinstance(size, float) else size
    if not 0 < examples < len(table):
        raise UserError(
            f"data.{size_key} is {size}, but train has only {len(table)} examples to cut it from;"
            " choose fewer, or a share such as 0.2"
        )
    if "group" in table:
        return _grouped(table, examples, params, size_key)
    return _stratified(table, examples, params, size_key)


def _grouped(
    table: pd.DataFrame, examples: int, params: DataParams, size_key: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rest, which keeps every label, and whole groups of about `examples` rows.

    Each draw takes groups in random order up to the wanted size. Of the draws, the one whose
    numbers of rows by label are closest to the wanted ones is the result. On groups of uneven size
    this comes closer than scikit-learn's StratifiedGroupKFold, and takes less time.
    """
    group, names = pd.factorize(table["group"])
    if len(names) < 2:
        raise UserError(
            f"data.{size_key}: all {len(table)} examples left are of one group of"
            f" {params.group_column!r}, which cannot be in two splits; set data.group_column to"
            " another column, or to null"
        )
    sizes, labels = np.bincount(group), table["label"].to_numpy()
    counts = np.bincount(labels)
    random = np.random.default_rng(params.split_seed)
    best, least = None, np.inf
    for _ in range(_DRAWS):
        order = random.permutation(len(names))
        upto = sizes[order].cumsum()[:-1]
        chosen = np.zeros(len(names), bool)
        chosen[order[: np.abs(upto - examples).argmin() + 1]] = True
        drawn = chosen[group]
        of_labels = np.bincount(labels[drawn], minlength=len(counts))
        distance = np.abs(of_labels - counts * examples / len(table)).sum()
        if distance < least and ((of_labels < counts) | (counts == 0)).all():
            best, least = drawn, distance
    if best is None:
        raise UserError(
            f"data.{size_key}: no choice of whole groups of {params.group_column!r} leaves every"
            " label in train; choose a smaller size, or set data.group_column to null"
        )
    return table[~best], table[best]


def _stratified(
    table: pd.DataFrame, examples: int, params: DataParams, size_key: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts = table["label"].value_counts()
    if counts.min() < 2:
        row = table.loc[table["label"] == counts.idxmin(), "row_id"].iloc[0]
        raise UserError(
            f"data.{size_key}: {row} is the only example left with its label, which cannot be in"
            " two splits; add examples with that label or remove this one"
        )
    try:
        first, second = train_test_split(
            table, test_size=examples, stratify=table["label"], random_state=params.split_seed
        )
    except ValueError as error:
        raise UserError(
            f"data.{size_key}: cannot split {len(table)} examples by label: {error}"
        ) from None
    return first, second
