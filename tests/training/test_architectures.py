"""Every architecture goes through the learner with every method, from training to loading."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.training.training import fitted, learner, prepared
from textune.errors import UserError
from textune.modeling.architectures import ARCHITECTURES
from textune.modeling.methods.base import UnsupportedError
from textune.params import Params
from textune.pipeline.rehearsal import Rehearsal

METHODS = ("baseline", "lora", "adapter", "full", "bitfit", "ia3", "freeze")
# The others are in `make test-slow`.
ALWAYS = "modernbert"


@pytest.mark.parametrize(
    "architecture",
    [n if n == ALWAYS else pytest.param(n, marks=pytest.mark.slow) for n in ARCHITECTURES],
)
def test_every_method(
    tiny_params: Callable[..., Params], tmp_path: Path, architecture: str
) -> None:
    precision = "bf16" if ARCHITECTURES[architecture].in_bf16 else "fp32"
    # ALBERT's blocks are one, which has one rate.
    decay = 1.0 if architecture == "albert" else 0.9
    train = {"epochs": 1, "layer_decay": decay, "precision": precision}
    params = tiny_params(architecture, train=train)
    data = prepared(tmp_path, params, {"train": 24, "val": 12, "test": 12})
    rehearsal = Rehearsal(params)
    for name in METHODS:
        try:
            rehearsal.attempt(name, params.encoder_method(name))
        except UnsupportedError:
            continue
        run, epochs = fitted(params, name, data)
        assert np.isfinite([epoch["loss"] for epoch in epochs]).all()
        assert run.cost().training_flops > 0
        predicted = run.predict("test").probabilities
        (tmp_path / name).mkdir()
        run.save(tmp_path / name)
        again = learner(params, name, data, seed=5)
        again.load(tmp_path / name)
        np.testing.assert_allclose(again.predict("test").probabilities, predicted, atol=1e-5)


def test_deberta_is_not_trained_in_bf16(tiny_params: Callable[..., Params], tmp_path: Path) -> None:
    params = tiny_params("deberta", train={"precision": "bf16"})
    data = prepared(tmp_path, params, {"train": 6, "val": 6, "test": 6})
    for attempt in (
        lambda: learner(params, "full", data).start(),
        lambda: Rehearsal(params).attempt("full", params.encoder_method("full")),
    ):
        with pytest.raises(UserError, match=r"^train\.precision is bf16, but transformers cannot"):
            attempt()
    run = learner(tiny_params("deberta", train={"precision": "auto"}), "full", data)
    run.start()
    assert run.precision == "fp32"
