"""The linear model: what it learns, and that it is the same when loaded again."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.tiny import TWEETS, real_values, shrunk
from textune.data.tokenized import Prepared, read_prepared, write_prepared
from textune.errors import UserError
from textune.modeling.learner import Learner
from textune.modeling.methods.tfidf import Tfidf
from textune.params import check_params
from textune.pipeline.learners import make_learner

NAMES = ["negative", "neutral", "positive"]


def prepared(folder: Path, classes: int = 3, rows: int = 30) -> Prepared:
    """Tweets whose words tell the class."""
    labels = [number % classes for number in range(rows)]
    table = pd.DataFrame(
        {
            "row_id": [f"{number}" for number in range(rows)],
            "text": [f"{TWEETS[label]} {number}" for number, label in enumerate(labels)],
            "label": labels,
            "token_ids": [[2, 3]] * rows,
        }
    )
    write_prepared(folder, NAMES[:classes], dict.fromkeys(("train", "validation", "test"), table))
    return read_prepared(folder)


def learner(data: Prepared, live: Path | None = None, seed: int = 0, **changes: Any) -> Learner:
    values = shrunk(real_values(), "unused", "unused")
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
    linear = learner(Prepared(NAMES, data.train.take(two), data.validation, data.test))
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


def test_n_grams_are_those_that_were_asked_for() -> None:
    section = {"method": "tfidf", "word_ngrams": 1, "char_ngrams": 2, "min_examples": 1, "c": 1.0}
    assert Tfidf.model_validate(section).to_tune(everything=True) == ["c"]
    assert Tfidf.model_validate(section | {"c": "auto"}).to_tune(everything=False) == ["c"]
