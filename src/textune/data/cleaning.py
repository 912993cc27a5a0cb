"""Mending texts, and dropping the rows that would spoil a comparison."""

import re
from collections import Counter
from hashlib import blake2b

import ftfy
import numpy as np
import pandas as pd

from textune.data.arrow import strings
from textune.data.sources import Corpus
from textune.errors import UserError
from textune.params import DataParams

_MENTION = re.compile(r"(?<![\w@])@\w+")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"@user\b|\bhttps?\b|\brt\b", re.IGNORECASE)

Dropped = dict[str, Counter[str]]


def clean(corpus: Corpus, params: DataParams) -> tuple[Corpus, Dropped]:
    """The corpus with mended texts and a column `key`, and the rows dropped, by table and reason.

    Two texts of one key, an unsigned integer, are copies of each other in the sense of
    `data.copies` (that two others share one has a chance of 3e-8 among a million texts). With them
    go the texts that have copies with other labels. A data set's own validation
    and test rows are all kept, so that figures compare with published ones; what also stands there
    is dropped from train. Raises `UserError` if `min_confidence` asks for what the source lacks.
    """
    if params.min_confidence > 0 and not all("confidence" in t for t in corpus.tables.values()):
        raise UserError(f"data.min_confidence: {params.source} tells no confidence; set it to 0")
    tables = {name: _mended(table, params) for name, table in corpus.tables.items()}
    dropped: Dropped = {name: Counter() for name in tables}
    held_out = [table for name, table in tables.items() if name in ("validation", "test")]
    tables["train"] = _dropped_rows(tables["train"], held_out, params, dropped["train"])
    return Corpus(corpus.label_names, tables), dropped


def mend(text: str, params: DataParams) -> str:
    """The text with the switched-on repairs, its white space collapsed."""
    if params.fix_encoding:
        text = ftfy.fix_text(text)
    if params.mask_links:
        text = _LINK.sub("http", text)
    if params.mask_mentions:
        text = _MENTION.sub("@user", text)
    return " ".join(text.split())


def duplicate_key(text: str) -> str:
    """The text without case, links, mentions, retweet marks and white space at the ends.

    Texts of nothing else keep what they have.
    """
    bare = _PLACEHOLDER.sub(" ", _MENTION.sub(" ", _LINK.sub(" ", text)))
    return " ".join((bare if bare.strip(" :") else text).casefold().split()).strip(": ")


def _mended(table: pd.DataFrame, params: DataParams) -> pd.DataFrame:
    texts = strings(mend(text, params) for text in table["text"])
    bare = texts if params.copies == "exact" else map(duplicate_key, texts)
    keys = (blake2b(text.encode(), digest_size=8).digest() for text in bare)
    numbers = np.frombuffer(b"".join(keys), np.uint64)
    return table.assign(text=texts.set_axis(table.index), key=numbers)


def _dropped_rows(
    table: pd.DataFrame, held_out: list[pd.DataFrame], params: DataParams, dropped: Counter[str]
) -> pd.DataFrame:
    """`table` without the rows that are of no use; `dropped` counts them by reason."""
    # One mask to the end, so that the texts are copied once.
    wanted = pd.Series(True, index=table.index)

    def keep(good: "pd.Series[bool]", reason: str) -> None:
        dropped[reason] += int((wanted & ~good).sum())
        wanted.loc[good.index[~good]] = False

    keep((table["text"] != "").astype(bool), "empty")
    if params.min_confidence > 0:
        keep(table["confidence"] >= params.min_confidence, "low_confidence")
    if params.copies == "keep":
        return table[wanted]
    for other in held_out:
        keep(~table["key"].isin(other["key"]), "in_validation_or_test")
    keep(~conflicting_labels(table[wanted]), "conflicting_labels")
    keep(~table.loc[wanted, "key"].duplicated(), "duplicate")
    return table[wanted]


def conflicting_labels(table: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a copy of the row has another label."""
    return table[["key", "label"]].groupby("key")["label"].transform("nunique") > 1
