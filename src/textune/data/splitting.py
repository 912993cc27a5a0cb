"""Cutting a table into train, validation and test, each with the same shares of the labels."""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.utils import resample

from textune.config.sections import DataParams
from textune.data.cleaning import NOTHING, told
from textune.data.corpus import SPLITS, Corpus
from textune.errors import UserError

# Draws of groups, of which the one with the best shares of the labels is taken.
_DRAWS = 200


def split(
    corpus: Corpus, params: DataParams, dropped: Counter[str] = NOTHING
) -> tuple[dict[str, pd.DataFrame], Counter[str]]:
    """The three splits by name, and how many examples of train `max_train_examples` leaves out.

    A data set's own splits are kept as they are. What is cut from train keeps the rows of a `group`
    together, if tables have this column; an example that is the only one of its label stays in
    train. `max_train_examples` leaves an example of every label. `dropped` counts what cleaning
    dropped from train, for errors. Raises `UserError` if there are too few examples or groups.
    """
    try:
        return _split(corpus, params)
    except UserError as error:
        if dropped.total() < len(corpus.tables["train"]):
            raise
        # That is why so few are left.
        raise UserError(f"{error}; {told(dropped)}") from None


def _split(corpus: Corpus, params: DataParams) -> tuple[dict[str, pd.DataFrame], Counter[str]]:
    splits = dict(corpus.tables)
    for name in ("test", "validation"):
        if name not in splits:
            splits["train"], splits[name] = _cut(splits["train"], f"{name}_size", params)
    tables = {name: splits[name] for name in SPLITS}
    limit, examples = params.max_train_examples, len(tables["train"])
    if limit is not None and limit < examples:
        tables["train"] = _sample(tables["train"], limit, params.split_seed)
    for name, table in tables.items():
        tables[name] = table.sort_index()
        if table.empty:
            raise UserError(f"data: no examples are left for {name}")
    if tables["train"]["label"].nunique() < 2:
        only = corpus.label_names[tables["train"]["label"].iloc[0]]
        raise UserError(f"data: {only!r} is the only label left in train; two or more are needed")
    return tables, Counter(over_max_train_examples=examples - len(tables["train"]))


def without_training(tables: dict[str, pd.DataFrame], label_names: list[str]) -> list[str]:
    """A warning for each split with labels that no example of train has."""
    known = set(tables["train"]["label"])
    warnings = []
    for name, table in tables.items():
        strangers = table["label"][~table["label"].isin(known)]
        if len(strangers):
            labels = ", ".join(repr(label_names[label]) for label in sorted(set(strangers)))
            warnings.append(
                f"{len(strangers)} of {len(table)} examples of {name} have labels that no example"
                f" of train has, so no method can get them right: {labels:.200}"
            )
    return warnings


def _cut(
    table: pd.DataFrame, size_key: str, params: DataParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    size = getattr(params, size_key)
    examples = round(size * len(table)) if isinstance(size, float) else size
    if not 0 < examples < len(table):
        raise UserError(
            f"data.{size_key} is {size}, but train has only {len(table)} examples to cut it from"
            + ("" if isinstance(size, float) else "; choose fewer, or a share such as 0.2")
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
    """The rest, which keeps every label, and `examples` rows with its shares of the labels."""
    alone = table[~table["label"].duplicated(keep=False)]
    shared = table if alone.empty else table.drop(alone.index)
    labels, rest = shared["label"].nunique(), max(len(shared) - examples, 0)
    if min(examples, rest) < max(labels, 1):
        most = len(shared) - labels
        raise UserError(
            f"data.{size_key} is {getattr(params, size_key)}: {examples} examples would be cut off"
            f" and {rest} left, but both need the {labels} labels that have two examples or more;"
            f" {f'choose {labels} to {most}' if most >= labels > 0 else 'add examples'}"
        )
    first, second = train_test_split(
        shared, test_size=examples, stratify=shared["label"], random_state=params.split_seed
    )
    return first if alone.empty else pd.concat([first, alone]), second


def _sample(table: pd.DataFrame, limit: int, seed: int) -> pd.DataFrame:
    """`limit` rows with the table's shares of the labels, at least one of each label.

    Raises `UserError` if there are more labels than that.
    """
    labels = table["label"].nunique()
    if limit < labels:
        raise UserError(
            f"data.max_train_examples is {limit}, but train has {labels} labels and keeps one"
            f" example of each; choose {labels} or more, or null"
        )
    kept, left = table.iloc[:0], table
    while True:
        drawn, wanted = left.iloc[:0], limit - len(kept)
        if wanted:
            drawn = resample(
                left, replace=False, n_samples=wanted, stratify=left["label"], random_state=seed
            )
        lost = left[~left["label"].isin([*drawn["label"], *kept["label"]])]
        if lost.empty:
            return pd.concat([kept, drawn])
        kept = pd.concat([kept, lost.groupby("label").sample(1, random_state=seed)])
        left = table.drop(kept.index)
