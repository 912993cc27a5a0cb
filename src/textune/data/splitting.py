"""Cutting a table into train, validation and test, each with the same shares of the labels."""

from collections import Counter

import pandas as pd
from sklearn.model_selection import train_test_split

from textune.data.sources import SPLITS, Corpus
from textune.errors import UserError
from textune.params import DataParams


def split(corpus: Corpus, params: DataParams) -> tuple[dict[str, pd.DataFrame], Counter[str]]:
    """The three splits by name, and how many rows of train `max_train_examples` leaves out.

    A data set's own splits are kept as they are. Raises `UserError` if there are too few rows.
    """
    found = dict(corpus.tables)
    for name in ("test", "validation"):
        if name not in found:
            found["train"], found[name] = _cut(found["train"], f"{name}_size", params)
    tables = {name: found[name] for name in SPLITS}
    limit, rows = params.max_train_examples, len(tables["train"])
    if limit is not None and limit < rows:
        tables["train"], _ = _stratified(
            tables["train"], rows - limit, params, "max_train_examples"
        )
    for name, table in tables.items():
        tables[name] = table.sort_index()
        if table.empty:
            raise UserError(f"data: no rows are left for {name}")
    if tables["train"]["label"].nunique() < 2:
        only = corpus.label_names[tables["train"]["label"].iloc[0]]
        raise UserError(f"data: {only!r} is the only label left in train; two or more are needed")
    return tables, Counter(over_max_train_examples=rows - len(tables["train"]))


def _cut(
    table: pd.DataFrame, size_key: str, params: DataParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    size = getattr(params, size_key)
    rows = round(size * len(table)) if isinstance(size, float) else size
    if not 0 < rows < len(table):
        raise UserError(
            f"data.{size_key} is {size}, but only {len(table)} rows are there to cut from; a share"
            " such as 0.2 is possible too"
        )
    return _stratified(table, rows, params, size_key)


def _stratified(
    table: pd.DataFrame, rows: int, params: DataParams, size_key: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    counts = table["label"].value_counts()
    if counts.min() < 2:
        row = table.loc[table["label"] == counts.idxmin(), "row_id"].iloc[0]
        raise UserError(
            f"data.{size_key}: {row} is the only row left of its label, which cannot be in two"
            " splits; add rows of that label or remove this one"
        )
    try:
        first, second = train_test_split(
            table, test_size=rows, stratify=table["label"], random_state=params.split_seed
        )
    except ValueError as error:
        raise UserError(
            f"data.{size_key}: cannot split {len(table)} rows by label: {error}"
        ) from None
    return first, second
