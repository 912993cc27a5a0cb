"""The linear model: what it learns, and that it is the same when loaded again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.tiny import CLEANING, TWEETS, real_values, shrunk
from textune.data.tokenized import Prepared, read_prepared, write_prepared
from textune.errors import UserError
from textune.modeling.learner import Learner
from textune.modeling.methods.tfidf import Tfidf
from textune.params import check_params
from textune.pipeline.learners import make_learner

NAMES = ["negative", "neutral", "positive"]


def prepared(
    folder: Path, classes: int = 3, rows: int = 30, texts: Sequence[str] | None = None
) -> Prepared:
    """Tweets whose words tell the class, or `texts` of each; each has something of its own."""
    kinds = texts or [*TWEETS.values()]
    labels = [number % classes for number in range(rows)]
    table = pd.DataFrame(
        {
            "row_id": [f"{number}" for number in range(rows)],
            "text": [
                f"{kinds[label]}{'' if texts else ' '}{number}"
                for number, label in enumerate(labels)
            ],
            "label": labels,
            "token_ids": [[2, 3]] * rows,
        }
    )
    tables = dict.fromkeys(("train", "validation", "test"), table)
    write_prepared(folder, NAMES[:classes], tables, CLEANING)
    return read_prepared(folder)


def learner(
    data: Prepared,
    live: Path | None = None,
    seed: int = 0,
    train: Mapping[str, Any] = {},
    **changes: Any,
) -> Learner:
    values = shrunk(real_values(), "unused", "unused")
    values["train"].update(train)
    values["tfidf"].update(changes)
    return make_learner(check_params(values, "test"), "tfidf", data, seed, live)


@pytest.mark.parametrize("classes", [2, 3])
def test_it_learns_and_is_the_same_when_loaded(tmp_path: Path, classes: int) -> None:
    data = prepared(tmp_path / "prepared", classes)
    linear = learner(data)
    linear.start()
    before, after = linear.fit()
    assert before["loss"] == pytest.approx(np.log(classes), abs=1e-5)
    assert after["accuracy"] == 1
    assert linear.best_epoch == 1
    predicted = linear.predict("test")
    np.testing.assert_allclose(predicted.probabilities.sum(axis=1), 1, atol=1e-6)
    cost = linear.cost()
    assert cost.trainable_parameters % classes == 0
    assert cost.training_flops > 0
    (tmp_path / "model").mkdir()
    linear.save(tmp_path / "model")
    again = learner(data, seed=1)
    again.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict("test").probabilities, predicted.probabilities)


def test_a_stronger_penalty_is_less_sure(tmp_path: Path) -> None:
    data = prepared(tmp_path / "prepared")
    sure = {}
    for c in (0.03, 300.0):
        linear = learner(data, c=c)
        linear.fit()
        sure[c] = linear.predict("test").probabilities.max(axis=1).mean()
    assert sure[0.03] < 0.5 < 0.9 < sure[300.0]


def test_a_class_that_train_lacks_is_never_predicted(tmp_path: Path) -> None:
    data = prepared(tmp_path / "prepared")
    two = np.flatnonzero(data.train.labels < 2)
    linear = learner(replace(data, train=data.train.take(two)))
    linear.fit()
    assert linear.predict("test").probabilities[:, 2].max() < 1e-6


def test_texts_that_share_nothing(tmp_path: Path) -> None:
    data = prepared(tmp_path / "prepared")
    with pytest.raises(UserError, match=r"^tfidf\.min_examples is 31, and no n-gram"):
        learner(data, min_examples=31).fit()


def test_its_curve_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = prepared(tmp_path / "prepared")
    learner(data, live=tmp_path / "live").fit()
    curve = (tmp_path / "live/plots/metrics/validation/accuracy.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in curve] == ["step", "0", "1"]


def test_n_grams_are_those_that_were_asked_for(tmp_path: Path) -> None:
    linear = learner(prepared(tmp_path / "prepared"), word_ngrams=3, char_ngrams=4, min_examples=10)
    linear.fit()
    linear.save(tmp_path)
    terms = json.loads((tmp_path / "terms.json").read_text())
    assert "love this song" in terms["words"]
    assert {len(term.split()) for term in terms["words"]} == {1, 2, 3}
    assert {len(term) for term in terms["characters"]} == {2, 3, 4}
    assert not any(number in terms["words"] for number in ("10", "11")), "they are in one text"


def test_its_one_parameter_can_be_tuned() -> None:
    section = {"method": "tfidf", "word_ngrams": 1, "char_ngrams": 2, "min_examples": 1, "c": 1.0}
    assert Tfidf.model_validate(section).to_tune(everything=True) == ["c"]
    assert Tfidf.model_validate(section | {"c": "auto"}).to_tune(everything=False) == ["c"]


def test_words_that_are_all_different(tmp_path: Path) -> None:
    """As in a language that is written without blanks."""
    data = prepared(tmp_path / "prepared", texts=["ab", "cd", "ef"])
    linear = learner(data)
    linear.fit()
    assert linear.predict("test").probabilities.argmax(axis=1).tolist() == [*range(3)] * 10
    linear.save(tmp_path)
    again = learner(data)
    again.load(tmp_path)
    np.testing.assert_array_equal(
        again.predict("test").probabilities, linear.predict("test").probabilities
    )


def test_train_of_one_class(tmp_path: Path) -> None:
    data = prepared(tmp_path / "prepared")
    one = data.train.take(np.flatnonzero(data.train.labels == 1))
    linear = learner(replace(data, train=one))
    linear.fit()
    assert (linear.predict("test").probabilities.argmax(axis=1) == 1).all()


def test_balanced_classes_and_drawn_examples(tmp_path: Path) -> None:
    data = prepared(tmp_path / "prepared")
    rare = np.flatnonzero((data.train.labels > 0) | (np.arange(30) == 0))
    part = replace(data, train=data.train.take(rare))
    found = {}
    for weight in ("none", "balanced"):
        linear = learner(part, train={"class_weight": weight, "resample": True})
        linear.fit()
        found[weight] = linear.predict("test").probabilities[:, 0].mean()
        assert linear.settings()["train"] == {"class_weight": weight, "resample": True}
    assert found["balanced"] > found["none"] + 0.02
