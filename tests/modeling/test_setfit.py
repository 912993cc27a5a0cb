"""SetFit: that its pairs teach the encoder, and that it is the same when loaded again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tiny import CLEANING, real_values, shrunk, tiny_model, write_tweeteval
from textune.data.sources.files import read_folder
from textune.data.tokenized import Prepared, read_prepared, write_prepared
from textune.modeling.learner import Learner
from textune.modeling.tokenizer import tokenize
from textune.params import check_params
from textune.pipeline.learners import make_learner


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("setfit")
    values = shrunk(real_values(), tiny_model(folder / "model", "bert"), "unused")
    values["setfit"].update(pairs_from=12, steps=10, learning_rate=0.003)
    return values


@pytest.fixture(scope="module")
def data(values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("data")
    rows = {"train": 24, "val": 12, "test": 12}
    corpus = read_folder(write_tweeteval(folder / "raw", rows))
    model = check_params(values, "test").model
    tables = {
        name: table.assign(token_ids=tokenize(model, table["text"]))
        for name, table in corpus.tables.items()
    }
    write_prepared(folder / "prepared", corpus.label_names, tables, CLEANING)
    return read_prepared(folder / "prepared")


def learner(values: dict[str, Any], data: Prepared, seed: int = 0, **changes: Any) -> Learner:
    values = {**values, "setfit": {**values["setfit"], **changes}}
    return make_learner(check_params(values, "test"), "setfit", data, seed)


def test_it_learns_and_is_the_same_when_loaded(
    values: dict[str, Any], data: Prepared, tmp_path: Path
) -> None:
    setfit = learner(values, data)
    setfit.start()
    before, after = setfit.fit()
    assert before["loss"] == pytest.approx(np.log(3), abs=1e-5)
    assert after["accuracy"] > 0.9
    predicted = setfit.predict("test")
    cost = setfit.cost()
    assert cost.trainable_parameters == cost.total_parameters > 1000
    setfit.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors"}
    again = learner(values, data, seed=1)
    again.load(tmp_path)
    np.testing.assert_allclose(
        again.predict("test").probabilities, predicted.probabilities, atol=1e-6
    )


def test_the_same_seed_learns_the_same(values: dict[str, Any], data: Prepared) -> None:
    """And what it costs grows with the steps."""
    predicted, operations = [], []
    for seed, steps in ((0, 2), (0, 2), (1, 2), (0, 4)):
        setfit = learner(values, data, seed, steps=steps)
        setfit.start()
        setfit.fit()
        predicted.append(setfit.predict("test").probabilities)
        operations.append(setfit.cost().training_flops)
    np.testing.assert_array_equal(predicted[0], predicted[1])
    assert abs(predicted[0] - predicted[2]).max() > 1e-4
    assert operations[3] > 1.5 * operations[0]


def test_train_of_one_class_makes_no_pairs(values: dict[str, Any], data: Prepared) -> None:
    one = data.train.take(np.flatnonzero(data.train.labels == 1))
    setfit = learner(values, replace(data, train=one))
    setfit.start()
    setfit.fit()
    assert (setfit.predict("test").probabilities.argmax(axis=1) == 1).all()
