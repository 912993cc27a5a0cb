"""Rates by layer, the loss of training and averaged weights do what their parameters say."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from tests.tiny import METHODS
from tests.training.training import fitted, learner, prepared, started, without_dropout
from textune.data.tokenized import Prepared
from textune.modeling.pretrained import Classifier
from textune.params import Params
from textune.training.batches import PaddedExamples
from textune.training.callbacks import AverageWeights
from textune.training.layerwise_lr import rate_scales
from textune.training.learner import EncoderLearner

MakeParams = Callable[..., Params]


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    """Train has 16 rows of the first class, 8 of the second and 4 of the third."""
    whole = prepared(tmp_path, tiny_params("bert"), {"train": 60, "val": 30, "test": 3})
    rows = [np.flatnonzero(whole.train.labels == n)[: 16 >> n] for n in range(3)]
    return replace(whole, train=whole.train.take(np.concatenate(rows)))


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("architecture", ["distilbert", "deberta-v2"])
def test_lower_blocks_learn_at_lower_rates(
    tiny_params: MakeParams, data: Prepared, architecture: str, name: str
) -> None:
    def expected(parameter: str) -> float:
        if ".layer.0." in parameter:
            return 0.025
        if ".layer.1." in parameter:
            return 0.05
        return 0.0125 if "embeddings" in parameter or ".encoder." in parameter else 0.1

    rate = {name: {"learning_rate": 0.1}}
    params = tiny_params(architecture, train={"layer_decay": 0.5}, **rate)
    run = started(params, name, data)
    groups = run.trainer.create_optimizer().param_groups
    # Weight decay spares biases and norms, at whatever rate.
    assert {group["weight_decay"] for group in groups} == {0.0, params.train.weight_decay}
    found = {parameter: group["lr"] for group in groups for parameter in group["params"]}
    trained = {n: p for n, p in run.model.named_parameters() if p.requires_grad}
    assert {n: found[p] for n, p in trained.items()} == {
        n: pytest.approx(expected(n)) for n in trained
    }
    assert len(found) == len(trained)


def test_a_projection_of_the_embeddings_learns_as_they_do() -> None:
    config = AutoConfig.for_model(
        "electra", hidden_size=8, embedding_size=4, num_hidden_layers=2, num_attention_heads=2
    )
    model = AutoModelForSequenceClassification.from_config(config)
    scales = rate_scales(Classifier("tiny", model, frozenset()), decay=0.5)
    lowest = {n for n, p in model.named_parameters() if scales[p] == 0.125}
    assert {"electra.embeddings_project.weight", "electra.embeddings_project.bias"} < lowest
    assert all("embeddings" in name for name in lowest)


@pytest.mark.parametrize(
    ("train", "weights", "smoothing"),
    [
        ({}, [1, 1, 1], 0),
        ({"class_weight": "balanced"}, [1, 2, 4], 0),
        ({"label_smoothing": 0.3}, [1, 1, 1], 0.3),
        ({"class_weight": "balanced", "label_smoothing": 0.3}, [1, 2, 4], 0.3),
    ],
)
def test_the_loss_is_of_training_only(
    tiny_params: MakeParams,
    data: Prepared,
    train: dict[str, Any],
    weights: list[int],
    smoothing: float,
) -> None:
    def losses(params: Params) -> tuple[float, float, np.ndarray]:
        """Of the untrained model: in training, in validation; and its logits for train."""
        run = started(params, "full", data)
        without_dropout(run.model)
        batch = PaddedExamples(data.train, 0).__getitems__(list(range(28)))
        loss, outputs = run.trainer.compute_loss(run.model.train(), batch, return_outputs=True)
        logits = outputs["logits"].detach().double().numpy()
        return loss.item(), run.trainer.evaluate()["eval_loss"], logits

    training, validation, logits = losses(tiny_params("bert", train=train))
    assert validation == losses(tiny_params("bert"))[1]

    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    targets = np.eye(3)[data.train.labels] * (1 - smoothing) + smoothing / 3
    rows = np.array(weights)[data.train.labels]
    expected = -(rows * (targets * logs).sum(axis=1)).sum() / rows.sum()
    assert training == pytest.approx(expected, rel=1e-5)


def test_the_average_stands_in_between_epochs() -> None:
    model = nn.Linear(1, 1, bias=False)
    callback = AverageWeights(model, decay=0.75)

    def step_to(value: float) -> None:
        nn.init.constant_(model.weight, value)
        callback.on_step_end()

    nn.init.constant_(model.weight, 0.0)
    callback.on_train_begin()
    callback.on_epoch_begin()
    assert model.weight.item() == 0
    step_to(1.0)
    step_to(2.0)
    callback.on_epoch_end()
    assert model.weight.item() == pytest.approx(0.75 * 0.25 + 0.25 * 2)
    callback.on_epoch_begin()
    assert model.weight.item() == 2
    step_to(3.0)
    callback.on_epoch_end()
    assert model.weight.item() == pytest.approx(0.75 * 0.6875 + 0.25 * 3)


@pytest.mark.parametrize("name", METHODS)
def test_the_averaged_weights_are_validated_and_kept(
    tiny_params: MakeParams, data: Prepared, name: str
) -> None:
    def run(decay: float) -> tuple[EncoderLearner, list[dict[str, float]]]:
        params = tiny_params(
            "bert",
            train={"ema_decay": decay, "metric_for_best_model": "loss"},
            **{name: {"learning_rate": 0.02}},
        )
        return fitted(params, name, data)

    plain, _ = run(0)
    averaged, epochs = run(0.9)
    assert not np.allclose(
        averaged.predict("validation").probabilities, plain.predict("validation").probabilities
    )
    best = min(epoch["loss"] for epoch in epochs[1:])
    # The model that is left, not the logits that validation has remembered.
    with torch.no_grad():
        assert averaged.trainer.evaluate()["eval_loss"] == pytest.approx(best, rel=1e-4)


def test_a_seed_draws_the_same_training_rows_for_every_method(
    tiny_params: MakeParams, data: Prepared
) -> None:
    params = tiny_params("bert", train={"resample": True})
    for name in METHODS:
        given = learner(params, name, data, seed=3).job.data
        assert given.train.row_ids == data.train.resampled(3).row_ids
        assert (given.validation, given.test) == (data.validation, data.test)
    assert learner(params, "full", data, seed=4).job.data.train.row_ids != given.train.row_ids
    assert learner(tiny_params("bert"), "full", data, seed=3).job.data.train is data.train


@pytest.mark.parametrize("name", ["baseline", "full"])
def test_rows_that_a_draw_repeats_are_trained_on(
    tiny_params: MakeParams, data: Prepared, name: str
) -> None:
    params = tiny_params("bert", train={"resample": True, "class_weight": "balanced"})
    run, epochs = fitted(params, name, data)
    row_ids = run.job.data.train.row_ids
    assert len(row_ids) == len(data.train) > len(set(row_ids))
    assert len(epochs) == 3
    assert run.predict("test").row_ids == ["test:1", "test:2", "test:3"]


def test_predictions_have_the_groups_of_their_rows(tiny_params: MakeParams, data: Prepared) -> None:
    assert data.test is not None
    groups = np.array(["ann", "bob", "ann"], object)
    grouped = replace(data, test=replace(data.test, groups=groups))
    run = started(tiny_params("bert"), "full", grouped)
    assert run.predict("test").groups == ["ann", "bob", "ann"]
    assert run.predict("validation").groups is None
