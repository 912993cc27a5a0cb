"""metrics/data.json: which examples were read, dropped and kept, and whether splits overlap."""

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from textune.config.sections import DataParams
from textune.data.cleaning import Dropped, conflicting_labels
from textune.data.corpus import Corpus


def source_report(corpus: Corpus) -> dict[str, dict[str, int]]:
    """What the source holds, before any cleaning, by table."""
    texts = {name: table["text"].str for name, table in corpus.tables.items()}
    return {
        "examples_read": {name: len(table) for name, table in corpus.tables.items()},
        "empty_texts": {name: int((text.strip() == "").sum()) for name, text in texts.items()},
        "broken_characters": {
            name: int(text.contains("\ufffd", regex=False).sum()) for name, text in texts.items()
        },
    }


def data_report(
    params: DataParams,
    source: dict[str, dict[str, int]],
    dropped: Dropped,
    left_out: Counter[str],
    tables: dict[str, pd.DataFrame],
    label_names: list[str],
    max_length: int,
) -> dict[str, Any]:
    """The report. `source` is `source_report`'s; `tables` are the final splits with the columns
    `key`, `label`, `token_ids` and perhaps `group`."""
    dropped = {**dropped, "train": dropped["train"] + left_out}
    return {
        "source": params.source,
        **source,
        "splits": {
            name: "its own" if name in source["examples_read"] else "cut from train"
            for name in tables
        },
        "dropped": {
            name: dict(sorted(counts.items())) for name, counts in dropped.items() if counts
        },
        "kept": {name: _kept(table, label_names) for name, table in tables.items()},
        "tokens": {name: _tokens(table, max_length) for name, table in tables.items()},
        "overlap": {
            f"{first}_and_{second}": int(tables[first]["key"].isin(tables[second]["key"]).sum())
            for first, second in combinations(tables, 2)
        },
        **(_groups(tables) if "group" in tables["train"] else {}),
    }


def _groups(tables: dict[str, pd.DataFrame]) -> dict[str, dict[str, int]]:
    """How many groups each split has, and how many two splits share."""
    names = {name: set(table["group"]) for name, table in tables.items()}
    return {
        "groups": {name: len(groups) for name, groups in names.items()},
        "group_overlap": {
            f"{first}_and_{second}": len(names[first] & names[second])
            for first, second in combinations(names, 2)
        },
    }


def _kept(table: pd.DataFrame, label_names: list[str]) -> dict[str, Any]:
    counts = table["label"].value_counts()
    return {
        "examples": len(table),
        "by_label": {name: int(counts.get(label, 0)) for label, name in enumerate(label_names)},
        # What data.copies calls a copy; a data set's own validation and test keep theirs.
        "copies": int(table["key"].duplicated().sum()),
        "conflicting_labels": int(conflicting_labels(table).sum()),
    }


def _tokens(table: pd.DataFrame, max_length: int) -> dict[str, float]:
    lengths = table["token_ids"].list.len().to_numpy()
    return {
        "mean": round(float(lengths.mean()), 2),
        "p95": int(np.percentile(lengths, 95)),
        "max": int(lengths.max()),
        "at_max_length": int((lengths == max_length).sum()),
    }
