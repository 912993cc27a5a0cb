"""A head over features computed once gives the logits of the whole model."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.tiny import NEAR
from textune.data.tokenized import PreparedSplit
from textune.modeling.architectures import ARCHITECTURES
from textune.modeling.pretrained import load_classifier
from textune.params import Params
from textune.training.batches import PaddedExamples
from textune.training.fast.cached_features import HeadOverFeatures, text_features
from textune.training.fast.model import fast_model

EACH = [pytest.param(n, marks=pytest.mark.slow) if n in NEAR else n for n in ARCHITECTURES]
ROWS = [[2, 9, 8, 7, 6, 3], [2, 6, 11, 3], [2, 12, 3]]


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("architecture", EACH)
def test_same_logits(
    tiny_params: Callable[..., Params], tmp_path: Path, architecture: str, pooling: str
) -> None:
    params = tiny_params(architecture)
    if ARCHITECTURES[architecture].pooling is None and pooling == "mean":
        pytest.skip("its head reads the first token, always")
    config = json.loads(Path(params.model.name, "config.json").read_text())
    shutil.copytree(params.model.name, tmp_path, dirs_exist_ok=True)
    (tmp_path / "config.json").write_text(json.dumps({**config, "classifier_pooling": pooling}))
    model = params.model.model_copy(update={"name": str(tmp_path)})
    classifier = load_classifier(model, ["a", "b", "c"], 0)
    lengths = np.array([len(row) for row in ROWS])
    labels, starts = np.arange(3), lengths.cumsum() - lengths
    split = PreparedSplit(["x", "y", "z"], labels, np.concatenate(ROWS), starts, lengths)
    texts = PaddedExamples(split, 0)
    whole = classifier.model.eval()
    with torch.no_grad():
        expected = whole(**texts.__getitems__([0, 1, 2])).logits
        with fast_model(classifier, whole, params.train.fast, "cpu", "fp32"):
            features = text_features(classifier, texts, 2, "cpu", "fp32")
        found = HeadOverFeatures(classifier).eval()(features)["logits"]
    assert features.shape == (3, whole.config.hidden_size)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
