"""Columns of texts in Arrow: as Python strings, a million would take gigabytes."""

from collections.abc import Iterable
from itertools import islice

import pandas as pd
import pyarrow as pa

_AT_A_TIME = 10_000


def strings(texts: Iterable[str]) -> pd.Series:
    """The texts as Arrow strings; few of them are in Python's memory at a time."""
    left = iter(texts)
    chunks = []
    while chunk := list(islice(left, _AT_A_TIME)):
        chunks.append(pa.array(chunk, pa.large_string()))
    column = pa.chunked_array(chunks, pa.large_string())
    return pd.Series(pd.arrays.ArrowExtensionArray(column))
