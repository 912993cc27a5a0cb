"""Texts are mended, copies dropped, and a data set's own validation and test stay as they are."""

import pandas as pd
import pytest

from tests.tiny import real_values
from textune.config.sections import DataParams
from textune.data.cleaning import clean, duplicate_key, mend
from textune.data.corpus import Corpus
from textune.errors import UserError
from textune.params import check_params

PARAMS = check_params(real_values(), "params.yaml").data


def table(*rows: tuple[str, int]) -> pd.DataFrame:
    texts, labels = zip(*rows, strict=True)
    return pd.DataFrame(
        {"row_id": list(map(str, range(len(rows)))), "text": texts, "label": labels}
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("caf\u00c3\u00a9 &amp; bar", "café & bar"),
        ("@Bob_1 see http://t.co/x?y=1, www.a.b/c", "@user see http http"),
        ("mail me@home.org", "mail me@home.org"),
        (" two\n lines\t", "two lines"),
        ("\n\t ", ""),
    ],
)
def test_mend(text: str, expected: str) -> None:
    assert mend(text, PARAMS) == expected


def test_switches_turn_repairs_off() -> None:
    off = PARAMS.model_copy(
        update={"fix_encoding": False, "mask_mentions": False, "mask_links": False}
    )
    assert mend("@Bob &amp; http://t.co/x", off) == "@Bob &amp; http://t.co/x"


def test_copies_share_a_key() -> None:
    original = duplicate_key("Great day! http://t.co/1")
    assert duplicate_key("RT @bob: great day! @ann") == original
    assert duplicate_key("Great day? http://t.co/1") != original
    assert duplicate_key("@ann http://t.co/1") != duplicate_key("")


def test_all_copies_but_one_and_conflicts_go() -> None:
    rows = table(("a", 0), ("A", 0), ("b", 1), ("RT @x: b", 2), ("c", 2), (" ", 0))
    corpus, dropped = clean(Corpus(["x", "y", "z"], {"train": rows}), PARAMS)
    assert corpus.tables["train"]["text"].tolist() == ["a", "c"]
    assert dropped["train"] == {"empty": 1, "conflicting_labels": 2, "duplicate": 1} | {}


def test_own_validation_and_test_are_kept_and_train_gives_way() -> None:
    tables = {
        "train": table(("seen in test", 0), ("new", 1), ("new", 1), ("seen in val", 1)),
        "validation": table(("Seen in val", 1), ("Seen in val", 1)),
        "test": table(("seen in TEST http://t.co/1", 0), ("", 1)),
    }
    corpus, dropped = clean(Corpus(["x", "y"], tables), PARAMS)
    assert corpus.tables["train"]["text"].tolist() == ["new"]
    assert len(corpus.tables["validation"]) == len(corpus.tables["test"]) == 2
    assert dropped["train"]["in_validation_or_test"] == 2
    assert not dropped["validation"]
    assert not dropped["test"]


@pytest.mark.parametrize(
    ("copies", "kept"),
    [("near", ["a", "c"]), ("exact", ["a", "A", "RT @user: a", "c"]), ("keep", None)],
)
def test_what_a_copy_is(copies: str, kept: list[str] | None) -> None:
    train = table(("a", 0), ("A", 0), ("a", 0), ("RT @x: a", 0), ("b", 1), ("b", 0), ("c", 2))
    tables = {"train": train, "test": table(("b", 1), ("d", 0))}
    params = PARAMS.model_copy(update={"copies": copies})
    corpus, _ = clean(Corpus(["x", "y", "z"], tables), params)
    expected = kept or ["a", "A", "a", "RT @user: a", "b", "b", "c"]
    assert corpus.tables["train"]["text"].tolist() == expected


def test_unsure_labels_go() -> None:
    rows = table(("a", 0), ("b", 1), ("c", 1)).assign(confidence=[0.9, 0.3, float("nan")])
    sure: DataParams = PARAMS.model_copy(update={"min_confidence": 0.5})
    corpus, dropped = clean(Corpus(["x", "y"], {"train": rows}), sure)
    assert corpus.tables["train"]["text"].tolist() == ["a"]
    assert dropped["train"]["low_confidence"] == 2
    with pytest.raises(UserError, match=r"data\.min_confidence: crowdflower has no confidence"):
        clean(Corpus(["x", "y"], {"train": rows.drop(columns="confidence")}), sure)


@pytest.mark.parametrize("copies", ["near", "keep"])
def test_train_gives_way_to_groups_of_validation_and_test(copies: str) -> None:
    def grouped(*rows: tuple[str, int, str]) -> pd.DataFrame:
        return table(*(row[:2] for row in rows)).assign(group=[group for *_, group in rows])

    tables = {
        "train": grouped(("a", 0, "ann"), ("b", 1, "bob"), ("c", 1, "cy"), ("d", 0, "dan")),
        "validation": grouped(("e", 0, "bob"), ("f", 1, "eve")),
        "test": grouped(("g", 0, "dan"), ("h", 1, "eve")),
    }
    params = PARAMS.model_copy(update={"copies": copies})
    corpus, dropped = clean(Corpus(["x", "y"], tables), params)
    assert corpus.tables["train"]["text"].tolist() == ["a", "c"]
    assert len(corpus.tables["validation"]) == len(corpus.tables["test"]) == 2
    assert dropped["train"]["group_in_validation_or_test"] == 2


def test_without_groups_none_are_counted() -> None:
    _, dropped = clean(
        Corpus(["x", "y"], {"train": table(("a", 0)), "test": table(("b", 1))}), PARAMS
    )
    assert "group_in_validation_or_test" not in dropped["train"]
