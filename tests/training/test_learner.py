"""Training learns, keeps the best epoch, and predicts every row in its place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tests.tiny import METHODS, real_values
from tests.training.training import fitted, learner, prepared, started, without_dropout
from textune.data.tokenized import Prepared
from textune.modeling.checkpoint import load_checkpoint
from textune.params import Params, check_params
from textune.runs.record import RunRecord
from textune.runs.store import SPLITS, RunFolder
from textune.training.flops import flops_per_token

MakeParams = Callable[..., Params]


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    return prepared(tmp_path, tiny_params("bert"), {"train": 96, "val": 30, "test": 31})


def record(run: Any, name: str, params: Params, data: Prepared) -> RunRecord:
    """As the stage writes it."""
    method = params.method(name)
    return RunRecord(
        name=name,
        method=method.method,
        task=params.task.name,
        seed=0,
        label_names=data.label_names,
        best_epoch=run.best_epoch,
        cost=run.cost(),
        saved_bytes=0,
        params={**run.settings(), "method": method.model_dump()},
        data=data.summary(),
        temperature=1.0,
        versions={},
    )


@pytest.mark.parametrize("architecture", ["distilbert", "mpnet"])
@pytest.mark.parametrize("name", METHODS)
def test_every_method_learns_and_is_saved(
    tmp_path: Path, tiny_params: MakeParams, data: Prepared, architecture: str, name: str
) -> None:
    params = tiny_params(architecture, train={"epochs": 4}, **{name: {"learning_rate": 0.02}})
    run = started(params, name, data, live=tmp_path / "live")
    frozen = {n: p.clone() for n, p in run.model.named_parameters() if not p.requires_grad}
    epochs = run.fit()
    assert [epoch["epoch"] for epoch in epochs] == [0, 1, 2, 3, 4]
    assert min(epoch["loss"] for epoch in epochs) < epochs[0]["loss"] - 0.2
    for n, parameter in run.model.named_parameters():
        if n in frozen:
            assert torch.equal(parameter, frozen[n]), n
    best = max(epochs[1:], key=lambda epoch: epoch["accuracy"])
    assert run.best_epoch == best["epoch"]

    predictions = run.predict("validation")
    predicted = predictions.probabilities.argmax(axis=1)
    assert (predictions.labels == predicted).mean() == pytest.approx(best["accuracy"], abs=1e-6)
    curve = pd.read_csv(tmp_path / "live/plots/metrics/validation/accuracy.tsv", sep="\t")
    assert curve["step"].tolist() == [0, 1, 2, 3, 4]
    assert curve["accuracy"].tolist() == [epoch["accuracy"] for epoch in epochs]

    # A new learner that loads what was saved predicts the same.
    folder = RunFolder(tmp_path / "saved")
    folder.weights.mkdir(parents=True)
    run.save(folder.weights)
    loaded = learner(params, name, data)
    loaded.load(folder.weights)
    # So does the model alone, text by text.
    folder.write_record(record(run, name, params, data))
    again = load_checkpoint(folder.path)
    for split in SPLITS:
        found = run.predict(split)
        np.testing.assert_allclose(
            loaded.predict(split).probabilities, found.probabilities, atol=1e-5
        )
        rows = pd.read_parquet(tmp_path / f"prepared/{split}.parquet")
        assert found.row_ids == rows["row_id"].tolist()
        assert found.labels.tolist() == rows["label"].tolist()
        for text, probabilities in zip(rows["text"], found.probabilities, strict=True):
            inputs = again.tokenizer(text, return_tensors="pt")
            with torch.no_grad():
                logits = again.model(
                    input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]
                ).logits
            np.testing.assert_allclose(logits.softmax(-1)[0], probabilities, atol=1e-5)


def test_the_same_seed_gives_the_same_model(tiny_params: MakeParams, data: Prepared) -> None:
    def probabilities(seed: int) -> np.ndarray:
        run, _ = fitted(tiny_params("bert"), "lora", data, seed)
        return run.predict("test").probabilities

    first = probabilities(3)
    np.testing.assert_array_equal(probabilities(3), first)
    assert np.abs(probabilities(4) - first).max() > 1e-4


def test_the_best_epoch_is_kept_not_the_last(tiny_params: MakeParams, data: Prepared) -> None:
    wild = tiny_params(
        "bert",
        train={"epochs": 6, "metric_for_best_model": "loss", "lr_scheduler": "constant"},
        full={"learning_rate": 0.2},
    )
    run, epochs = fitted(wild, "full", data)
    losses = [epoch["loss"] for epoch in epochs]
    assert run.best_epoch == 1 + int(np.argmin(losses[1:]))
    assert run.best_epoch < 6, "the learning rate should make the last epoch a worse one"
    predictions = run.predict("validation")
    picked = predictions.probabilities[np.arange(len(data.validation)), predictions.labels]
    assert -np.log(picked).mean() == pytest.approx(min(losses[1:]), rel=1e-4)


def test_head_left_untrained_predicts_as_it_began(
    tiny_params: MakeParams, data: Prepared, tmp_path: Path
) -> None:
    params = tiny_params("bert", baseline={"tune": "none"})
    run = started(params, "baseline", data, live=tmp_path)
    before = run.predict("test").probabilities
    assert len(run.fit()) == 1
    cost = run.cost()
    assert run.best_epoch == cost.examples_per_second == cost.training_flops == 0
    assert cost.train_seconds == 0, "train should not be encoded for nothing"
    np.testing.assert_array_equal(run.predict("test").probabilities, before)
    assert (tmp_path / "plots/metrics/validation/accuracy.tsv").is_file()


def test_a_run_in_bf16_leaves_the_next_in_fp32(tiny_params: MakeParams, data: Prepared) -> None:
    def losses(precision: str) -> list[float]:
        params = tiny_params("bert", train={"precision": precision, "epochs": 1})
        return [epoch["loss"] for epoch in fitted(params, "lora", data)[1]]

    expected = losses("fp32")
    assert losses("bf16") != expected
    assert losses("fp32") == expected


def test_padding_to_the_maximum_changes_nothing_but_the_cost(
    tiny_params: MakeParams, data: Prepared
) -> None:
    def losses(**train: Any) -> list[float]:
        params = tiny_params("bert", train={"group_by_length": False, **train}, lora={"dropout": 0})
        run = started(params, "lora", data)
        without_dropout(run.model)
        return [epoch["loss"] for epoch in run.fit()]

    np.testing.assert_allclose(losses(padding="max_length"), losses(), atol=1e-4)


def test_real_minilm_trains_a_few_steps(tmp_path: Path) -> None:
    values = real_values()
    values["train"].update(epochs=1, batch_size=8, device="cpu")
    values["lora"].update(epochs=None)
    params = check_params(values, "params.yaml")
    assert params.model.name == "bundled:all-MiniLM-L6-v2"
    data = prepared(tmp_path, params, {"train": 48, "val": 30, "test": 30})
    run = started(params, "lora", data)
    # 6 layers, query and value, two matrices of 384 x 8; the head has 384 x 3 weights and 3 biases.
    assert run.trainable_parameters == 6 * 2 * 2 * 384 * 8 + 384 * 3 + 3
    # MiniLM with a head for 3 labels has 22,714,371 weights.
    assert run.total_parameters == 22_714_371 + 6 * 2 * 2 * 384 * 8
    before, after = run.fit()
    assert after["loss"] < before["loss"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_gpu_is_used_when_there_is_one(tiny_params: MakeParams, data: Prepared) -> None:
    run, _ = fitted(tiny_params("bert", train={"device": "auto"}), "lora", data)
    assert run.device == "cuda"
    assert next(run.model.parameters()).is_cuda


def test_operations_of_training_count_every_token_and_epoch(
    tiny_params: MakeParams, data: Prepared
) -> None:
    params = tiny_params(train={"epochs": 4})
    lengths = data.train.lengths
    mean = round(float(lengths.mean()))
    per_token = flops_per_token(params.encoder_method("lora"), params.model, 3, mean, epochs=4)
    expected = per_token * lengths.sum() * 4
    assert fitted(params, "lora", data)[0].cost().training_flops == pytest.approx(expected)


def test_patience_ends_training_when_no_epoch_is_better(
    tiny_params: MakeParams, data: Prepared
) -> None:
    """At this rate nothing changes, so the first epoch stays the best; costs are those of three."""
    slow = {"learning_rate": 1e-12}
    patient, epochs = fitted(
        tiny_params("bert", train={"epochs": 8, "patience": 2}, lora=slow), "lora", data
    )
    assert [of_epoch["epoch"] for of_epoch in epochs] == [0, 1, 2, 3]
    assert patient.best_epoch == 1
    three, _ = fitted(tiny_params("bert", train={"epochs": 3}, lora=slow), "lora", data)
    assert patient.cost().training_flops == three.cost().training_flops
    _, epochs = fitted(tiny_params("bert", train={"epochs": 4}, lora=slow), "lora", data)
    assert len(epochs) == 5


def test_a_method_has_epochs_of_its_own(tiny_params: MakeParams, data: Prepared) -> None:
    params = tiny_params("bert", train={"epochs": 2}, lora={"epochs": 3})
    made, epochs = fitted(params, "lora", data)
    assert len(epochs) == 1 + 3
    assert made.settings()["train"]["epochs"] == 3
    assert len(fitted(params, "full", data)[1]) == 1 + 2
