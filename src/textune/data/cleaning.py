"""Repairs texts, and drops the examples that would spoil a comparison."""

import re
from collections import Counter
from hashlib import blake2b

import ftfy
import numpy as np
import pandas as pd

from textune.config.sections import Cleaning, DataParams
from textune.data.arrow import strings
from textune.data.corpus import Corpus
from textune.errors import UserError

MENTION = re.compile(r"(?<![\w@])@\w+")
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"@user\b|\bhttps?\b|\brt\b", re.IGNORECASE)

Dropped = dict[str, Counter[str]]
NOTHING: Counter[str] = Counter()

_REASONS = {
    "empty": "empty texts",
    "low_confidence": "below data.min_confidence",
    "group_in_validation_or_test": "of groups in validation or test",
    "in_validation_or_test": "copies of texts in validation or test",
    "conflicting_labels": "copies with different labels",
    "duplicate": "further copies of a text",
}
# Why copies are dropped; with data.copies=keep they are not.
_COPIES = {"in_validation_or_test", "conflicting_labels", "duplicate"}


def clean(corpus: Corpus, params: DataParams) -> tuple[Corpus, Dropped]:
    """The corpus with repaired texts and a column `key`, and counts of what was dropped.

    The counts are by table and reason. Texts with the same key, an unsigned integer, are copies of
    each other in the sense of `data.copies` (among a million different texts, the chance that two
    share a key is 3e-8). Only train loses examples: copies, texts whose copies have different
    labels, and what shares its text or group with validation or test. A data set's own validation
    and test splits are kept whole, so that results compare with published ones.
    Raises `UserError` if `min_confidence` is set but the source has no confidence.
    """
    if params.min_confidence > 0 and not all("confidence" in t for t in corpus.tables.values()):
        raise UserError(f"data.min_confidence: {params.source} has no confidence; set it to 0")
    tables = {name: _mended(table, params) for name, table in corpus.tables.items()}
    dropped: Dropped = {name: Counter() for name in tables}
    held_out = [table for name, table in tables.items() if name in ("validation", "test")]
    tables["train"] = _without_unusable(tables["train"], held_out, params, dropped["train"])
    return Corpus(corpus.label_names, tables), dropped


def told(dropped: Counter[str]) -> str:
    """What was dropped, in words, and how to keep it."""
    reasons = [f"{count} {_REASONS[reason]}" for reason, count in dropped.items() if count]
    keeping = "; data.copies=keep keeps copies" if _COPIES & {*+dropped} else ""
    return f"cleaning dropped {dropped.total()} examples of train: {', '.join(reasons)}{keeping}"


def mend(text: str, params: Cleaning) -> str:
    """The text with the switched-on repairs, its white space collapsed."""
    if params.fix_encoding:
        text = ftfy.fix_text(text)
    if params.mask_links:
        text = LINK.sub("http", text)
    if params.mask_mentions:
        text = MENTION.sub("@user", text)
    return " ".join(text.split())


def duplicate_key(text: str) -> str:
    """The text without case, links, mentions, retweet marks and white space at the ends.

    Texts of nothing else keep what they have.
    """
    bare = _PLACEHOLDER.sub(" ", MENTION.sub(" ", LINK.sub(" ", text)))
    return " ".join((bare if bare.strip(" :") else text).casefold().split()).strip(": ")


def _mended(table: pd.DataFrame, params: DataParams) -> pd.DataFrame:
    texts = strings(mend(text, params) for text in table["text"])
    bare = texts if params.copies == "exact" else map(duplicate_key, texts)
    keys = (blake2b(text.encode(), digest_size=8).digest() for text in bare)
    key = np.frombuffer(b"".join(keys), np.uint64)
    return table.assign(text=texts.set_axis(table.index), key=key)


def _without_unusable(
    table: pd.DataFrame, held_out: list[pd.DataFrame], params: DataParams, dropped: Counter[str]
) -> pd.DataFrame:
    """`table` without the examples that are of no use; `dropped` counts them by reason."""
    # One mask to the end, so that the texts are copied once.
    wanted = pd.Series(True, index=table.index)

    def keep(good: "pd.Series[bool]", reason: str) -> None:
        dropped[reason] += int((wanted & ~good).sum())
        wanted.loc[good.index[~good]] = False

    keep((table["text"] != "").astype(bool), "empty")
    if params.min_confidence > 0:
        keep(table["confidence"] >= params.min_confidence, "low_confidence")
    if "group" in table:
        for split in held_out:
            keep(~table["group"].isin(split["group"]), "group_in_validation_or_test")
    if params.copies == "keep":
        return table[wanted]
    for split in held_out:
        keep(~table["key"].isin(split["key"]), "in_validation_or_test")
    keep(~conflicting_labels(table[wanted]), "conflicting_labels")
    keep(~table.loc[wanted, "key"].duplicated(), "duplicate")
    return table[wanted]


def conflicting_labels(table: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a copy of the example has another label."""
    return table[["key", "label"]].groupby("key")["label"].transform("nunique") > 1
