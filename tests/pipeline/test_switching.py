"""Many texts in fp32 go on under ONNX Runtime, with the same probabilities, and it is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tiny import TWEETS
from textune.errors import FailedError
from textune.prediction import switching
from textune.prediction.onnx import OnnxModel
from textune.prediction.switching import SwitchingModel
from textune.prediction.trained import load_trained

TEXTS = [f"{tweet} {letter}" for tweet in TWEETS.values() for letter in "abcdefgh"]


@pytest.fixture
def model(trained_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> SwitchingModel:
    monkeypatch.chdir(trained_workspace)
    monkeypatch.setattr(switching, "_WORTH_IT", 20)
    found = load_trained(Path("models/lora/0")).model
    assert isinstance(found, SwitchingModel)
    return found


def test_probabilities_stay_and_the_change_is_told(model: SwitchingModel) -> None:
    before = model.outputs(TEXTS)
    assert model.runtime == "fp32, from text 25 on with ONNX Runtime"
    encoder: Any = model._encoder
    encoder.outputs = None  # not called again
    np.testing.assert_allclose(model.outputs(TEXTS), before, atol=1e-5)


@pytest.mark.parametrize("few", [True, False])
def test_few_texts_and_models_that_torch_cannot_write_stay(
    model: SwitchingModel, monkeypatch: pytest.MonkeyPatch, few: bool
) -> None:
    def fail(*arguments: object) -> None:
        assert not few
        raise FailedError("torch cannot write it")

    monkeypatch.setattr(switching, "write_onnx", fail)
    texts = TEXTS[:5] if few else TEXTS
    before = model.outputs(texts)
    assert model.runtime == "fp32"
    np.testing.assert_allclose(model.outputs(texts), before, atol=1e-6)


def test_another_function_is_not_taken(
    model: SwitchingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: Callable[..., Any] = OnnxModel.__call__
    monkeypatch.setattr(OnnxModel, "__call__", lambda *given: written(*given) + 0.001)
    before = model.outputs(TEXTS)
    assert model.runtime == "fp32"
    # It was merged on the way, and is still the same function.
    np.testing.assert_allclose(model.outputs(TEXTS), before, atol=1e-5)
