"""metrics/data.json: what was read, dropped and kept, and that no text stands in two splits."""

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from textune.data.cleaning import Dropped
from textune.data.sources import Corpus
from textune.params import DataParams


def data_report(
    params: DataParams,
    source: Corpus,
    dropped: Dropped,
    left_out: Counter[str],
    tables: dict[str, pd.DataFrame],
    max_length: int,
) -> dict[str, Any]:
    """The report. `tables` are the final splits with their columns `key`, `label`, `token_ids`."""
    dropped = {**dropped, "train": dropped["train"] + left_out}
    return {
        "source": params.source,
        "splits": {
            name: "its own" if name in source.tables else "cut from train" for name in tables
        },
        "rows_read": {name: len(table) for name, table in source.tables.items()},
        "empty_texts": {
            name: int((table["text"].str.strip() == "").sum())
            for name, table in source.tables.items()
        },
        "broken_characters": {
            name: int(table["text"].str.contains("\ufffd").sum())
            for name, table in source.tables.items()
        },
        "dropped": {
            name: dict(sorted(counts.items())) for name, counts in dropped.items() if counts
        },
        "kept": {name: _kept(table, source.label_names) for name, table in tables.items()},
        "tokens": {name: _tokens(table, max_length) for name, table in tables.items()},
        "overlap": {
            f"{one}_and_{other}": int(tables[one]["key"].isin(tables[other]["key"]).sum())
            for one, other in combinations(tables, 2)
        },
    }


def _kept(table: pd.DataFrame, label_names: list[str]) -> dict[str, int]:
    counts = table["label"].value_counts()
    by_label = {name: int(counts.get(label, 0)) for label, name in enumerate(label_names)}
    return {"rows": len(table), **by_label}


def _tokens(table: pd.DataFrame, max_length: int) -> dict[str, float]:
    lengths = table["token_ids"].list.len().to_numpy()
    return {
        "mean": round(float(lengths.mean()), 2),
        "p95": int(np.percentile(lengths, 95)),
        "max": int(lengths.max()),
        "at_max_length": int((lengths == max_length).sum()),
    }
