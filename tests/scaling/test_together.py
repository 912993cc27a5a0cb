"""Seeds that train together learn what each learns alone."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.training import learner, prepared, without_dropout
from textune.data.tokenized import Prepared
from textune.errors import DivergedError, UserError
from textune.params import Params
from textune.scaling.together import fit_together, require_sharing
from textune.training.callbacks import trained_weights
from textune.training.learner import EncoderLearner

MakeParams = Callable[..., Params]
SEEDS = (0, 1, 5)


@pytest.fixture
def data(tmp_path: Path, tiny_params: MakeParams) -> Prepared:
    # The last batch is a short one.
    return prepared(tmp_path, tiny_params("bert"), {"train": 45, "val": 20, "test": 20})


def fitted(params: Params, name: str, data: Prepared, together: bool) -> list[EncoderLearner]:
    learners = [learner(params, name, data, seed) for seed in SEEDS]
    if together:
        require_sharing(learners)
    for one in learners:
        one.start()
        without_dropout(one.model)
    if together:
        fit_together(learners)
    for one in [] if together else learners:
        one.fit()
    return learners


@pytest.mark.parametrize(
    ("architecture", "name", "precision"),
    [
        ("bert", "lora", "fp32"),
        ("bert", "adapter", "bf16"),
        ("bert", "ia3", "fp32"),
        ("distilbert", "lora", "bf16"),
        *(
            pytest.param(*one, marks=pytest.mark.slow)
            for one in (
                ("bert", "baseline", "fp32"),
                ("bert", "bitfit", "fp32"),
                ("mpnet", "adapter", "fp32"),
                ("bert", "adapter", "fp32"),
                ("bert", "lora", "bf16"),
                ("bert", "bitfit", "bf16"),
                ("bert", "ia3", "bf16"),
                ("camembert", "lora", "fp32"),
                ("electra", "adapter", "fp32"),
                ("roberta", "bitfit", "fp32"),
                ("xlm-roberta", "ia3", "fp32"),
            )
        ),
    ],
)
def test_each_seed_learns_as_alone(
    tiny_params: MakeParams, data: Prepared, architecture: str, name: str, precision: str
) -> None:
    rounding = 100 if precision == "bf16" else 1
    params = tiny_params(
        architecture,
        train={"epochs": 3, "precision": precision},
        **{name: {"learning_rate": 0.01}},
    )
    alone = fitted(params, name, data, together=False)
    joint = fitted(params, name, data, together=True)
    for one, other in zip(alone, joint, strict=True):
        assert one.best_epoch == other.best_epoch
        for before, after in zip(one._history.epochs, other._history.epochs, strict=True):
            assert after["loss"] == pytest.approx(before["loss"], abs=rounding * 1e-4)
        expected, found = (run.predict("test").probabilities for run in (one, other))
        np.testing.assert_allclose(found, expected, atol=rounding * 5e-4)
    losses = [one._history.epochs[-1]["loss"] for one in joint]
    assert len({round(loss, 3) for loss in losses}) == len(SEEDS), "seeds should differ"


def test_a_seed_that_ends_early_leaves_the_others(tiny_params: MakeParams, data: Prepared) -> None:
    params = tiny_params(
        "bert",
        train={"epochs": 6, "patience": 1, "lr_scheduler": "constant"},
        lora={"learning_rate": 0.05},
    )
    alone = fitted(params, "lora", data, together=False)
    joint = fitted(params, "lora", data, together=True)
    lengths = [len(one._history.epochs) for one in joint]
    assert lengths == [len(one._history.epochs) for one in alone]
    assert len(set(lengths)) > 1, "the seeds should end after different epochs"


def test_if_one_diverges_all_end(
    tiny_params: MakeParams, data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    learners = [learner(tiny_params("bert"), "lora", data, seed) for seed in SEEDS]
    for one in learners:
        one.start()
    with torch.no_grad():
        for weights in trained_weights(learners[1].model).values():
            weights.fill_(torch.nan)
    with pytest.raises(DivergedError, match="the loss became nan at step 1"):
        fit_together(learners)
    assert all(one.trainer.state.global_step <= 1 for one in learners)


def test_an_error_in_a_step_is_everybodys(
    tiny_params: MakeParams, data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    learners = [learner(tiny_params("bert"), "lora", data, seed) for seed in SEEDS]
    for one in learners:
        one.start()
    monkeypatch.setattr(learners[0].trainer, "training_loss", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fit_together(learners)


def test_other_encoders_are_refused(tiny_params: MakeParams, data: Prepared) -> None:
    """Longformer turns its sequence into the first dimension: seeds would be mixed."""
    learners = [learner(tiny_params("longformer"), "lora", data, seed) for seed in SEEDS]
    for one in learners:
        one.start()
    with pytest.raises(UserError, match="cannot train together over an encoder of type longformer"):
        fit_together(learners)


def test_methods_without_a_frozen_encoder_are_refused(
    tiny_params: MakeParams, data: Prepared
) -> None:
    for name, section in (("full", {}), ("lora", {"variant": "dora"})):
        params = tiny_params("bert", **{name: section})
        with pytest.raises(UserError, match="one seed at a time"):
            fitted(params, name, data, together=True)


def test_time_has_no_other_seeds_validation_in_it(
    tiny_params: MakeParams, data: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = tiny_params("bert", train={"epochs": 2})
    learners = [learner(params, "lora", data, seed, together=len(SEEDS)) for seed in SEEDS]
    for one in learners:
        one.start()
        evaluate = one.trainer.evaluation_loop

        def slow(*args: Any, evaluate: Any = evaluate, **kwargs: Any) -> Any:
            time.sleep(2)
            return evaluate(*args, **kwargs)

        monkeypatch.setattr(one.trainer, "evaluation_loop", slow)
    fit_together(learners)
    assert all(one.train_seconds < 3 for one in learners)
    assert all(one.cost().train_seconds == round(one.train_seconds / 3, 2) for one in learners)
