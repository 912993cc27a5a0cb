"""Training learns, keeps the best epoch, and predicts every row in its place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tests.tiny import real_values, write_tweeteval
from textune.data.prepared import Prepared, read_prepared, write_prepared
from textune.data.sources.files import read_folder
from textune.methods import METHOD_NAMES
from textune.params import Params, check_params
from textune.pretrained import load_tokenizer
from textune.trained import load_trained, write_run
from textune.training.flops import flops_per_token
from textune.training.run import Run

MakeParams = Callable[..., Params]


def prepared(folder: Path, params: Params, rows: dict[str, int]) -> Prepared:
    """Tiny tweets, tokenized for the model of `params`."""
    corpus = read_folder(write_tweeteval(folder / "raw", rows))
    tokenizer = load_tokenizer(params.model)
    tables: dict[str, pd.DataFrame] = {}
    for name, table in corpus.tables.items():
        # Rows of different length in an order that is not the order of length.
        texts = [text + " the" * (number % 5) for number, text in enumerate(table["text"])]
        tables[name] = table.assign(text=texts, token_ids=tokenizer(texts)["input_ids"])
    write_prepared(folder / "prepared", corpus.label_names, tables)
    return read_prepared(folder / "prepared")


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    return prepared(tmp_path, tiny_params("bert"), {"train": 96, "val": 30, "test": 31})


# A tiny random DeBERTa leaves its minimum at the rate that the others learn by.
RATE = {("deberta-v2", "lora"): 0.005}
SIX = ["bert", "distilbert", "roberta", "xlm-roberta", "electra", "deberta-v2"]


@pytest.mark.parametrize("architecture", SIX)
@pytest.mark.parametrize("name", METHOD_NAMES)
def test_every_method_learns_and_is_saved(
    tmp_path: Path, tiny_params: MakeParams, data: Prepared, architecture: str, name: str
) -> None:
    params = tiny_params(
        architecture,
        train={"epochs": 4},
        **{name: {"learning_rate": RATE.get((architecture, name), 0.02)}},
    )
    run = Run(name, params, data, seed=0, live_folder=tmp_path / "live")
    frozen = {n: p.clone() for n, p in run.model.named_parameters() if not p.requires_grad}
    epochs = run.train()
    assert [epoch["epoch"] for epoch in epochs] == [0, 1, 2, 3, 4]
    assert min(epoch["eval_loss"] for epoch in epochs) < epochs[0]["eval_loss"] - 0.2
    for n, parameter in run.model.named_parameters():
        if n in frozen:
            assert torch.equal(parameter, frozen[n]), n
    best = max(epochs[1:], key=lambda epoch: epoch["eval_accuracy"])
    assert run.best_epoch == best["epoch"]

    predictions = run.predict("validation")
    assert (predictions.labels == predictions.predicted).mean() == pytest.approx(
        best["eval_accuracy"], abs=1e-6
    )
    curve = pd.read_csv(tmp_path / "live/plots/metrics/validation/accuracy.tsv", sep="\t")
    assert curve["step"].tolist() == [0, 1, 2, 3, 4]
    assert curve["accuracy"].tolist() == [epoch["eval_accuracy"] for epoch in epochs]

    # The model that is loaded again gives these very predictions, row by row.
    write_run(run, tmp_path / "saved")
    again = load_trained(tmp_path / "saved")
    for split in ("test", "validation"):
        found = run.predict(split)
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
        run = Run("lora", tiny_params("bert"), data, seed)
        run.train()
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
    run = Run("full", wild, data, seed=0)
    losses = [epoch["eval_loss"] for epoch in run.train()]
    assert run.best_epoch == 1 + int(np.argmin(losses[1:]))
    assert run.best_epoch < 6, "the learning rate should make the last epoch a worse one"
    predictions = run.predict("validation")
    picked = predictions.probabilities[np.arange(len(data.validation)), predictions.labels]
    assert -np.log(picked).mean() == pytest.approx(min(losses[1:]), rel=1e-4)


def test_head_left_untrained_predicts_as_it_began(
    tiny_params: MakeParams, data: Prepared, tmp_path: Path
) -> None:
    params = tiny_params("bert", baseline={"tune": "none"})
    run = Run("baseline", params, data, 0, tmp_path)
    assert run.train_seconds == 0, "the rows of train should not be encoded for nothing"
    before = run.predict("test").probabilities
    assert len(run.train()) == 1
    assert run.best_epoch == run.rows_per_second == 0
    np.testing.assert_array_equal(run.predict("test").probabilities, before)
    assert (tmp_path / "plots/metrics/validation/accuracy.tsv").is_file()


def test_a_run_in_bf16_leaves_the_next_in_fp32(tiny_params: MakeParams, data: Prepared) -> None:
    def losses(precision: str) -> list[float]:
        params = tiny_params("bert", train={"precision": precision, "epochs": 1})
        return [epoch["eval_loss"] for epoch in Run("lora", params, data, seed=0).train()]

    expected = losses("fp32")
    assert losses("bf16") != expected
    assert losses("fp32") == expected


def test_padding_to_the_maximum_changes_nothing_but_the_cost(
    tiny_params: MakeParams, data: Prepared
) -> None:
    def losses(**train: Any) -> list[float]:
        params = tiny_params("bert", train={"group_by_length": False, **train}, lora={"dropout": 0})
        run = Run("lora", params, data, seed=0)
        for module in run.model.modules():
            for name in {"p", "dropout_prob"} & vars(module).keys():
                setattr(module, name, 0.0)
        return [epoch["eval_loss"] for epoch in run.train()]

    np.testing.assert_allclose(losses(padding="max_length"), losses(), atol=1e-4)


def test_real_minilm_trains_a_few_steps(tmp_path: Path) -> None:
    values = real_values()
    values["train"].update(epochs=1, batch_size=8, device="cpu")
    params = check_params(values, "params.yaml")
    assert params.model.name == "bundled:all-MiniLM-L6-v2"
    data = prepared(tmp_path, params, {"train": 48, "val": 30, "test": 30})
    run = Run("lora", params, data, seed=0)
    # 6 layers, query and value, two matrices of 384 x 8; the head has 384 x 3 weights and 3 biases.
    assert run.trainable_parameters == 6 * 2 * 2 * 384 * 8 + 384 * 3 + 3
    # MiniLM with a head for 3 labels has 22,714,371 weights.
    assert run.total_parameters == 22_714_371 + 6 * 2 * 2 * 384 * 8
    before, after = run.train()
    assert after["eval_loss"] < before["eval_loss"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_gpu_is_used_when_there_is_one(tiny_params: MakeParams, data: Prepared) -> None:
    run = Run("lora", tiny_params("bert", train={"device": "auto"}), data, seed=0)
    run.train()
    assert run.device == "cuda"
    assert next(run.model.parameters()).is_cuda


def test_operations_of_training_count_every_token_and_epoch(
    tiny_params: MakeParams, data: Prepared
) -> None:
    params = tiny_params(train={"epochs": 4})
    lengths = data.train.lengths
    per_token = flops_per_token("lora", params, data.label_names, round(float(lengths.mean())))
    expected = per_token * lengths.sum() * 4
    assert Run("lora", params, data, seed=0).training_flops == pytest.approx(expected)
    untrained = tiny_params(baseline={"tune": "none"})
    assert Run("baseline", untrained, data, seed=0).training_flops == 0
