"""A model that lacks a method is refused before any work, in a line that says which it has."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.tiny import ARCHITECTURES
from textune import support
from textune.errors import UserError
from textune.methods import METHOD_NAMES
from textune.params import ModelParams, Params
from textune.pretrained import tokenize

MakeParams = Callable[..., Params]


@pytest.mark.parametrize("architecture", sorted({*ARCHITECTURES} - {"mpnet"}))
def test_six_architectures_have_every_method(tiny_params: MakeParams, architecture: str) -> None:
    support.require(tiny_params(architecture), *METHOD_NAMES)


def test_an_architecture_that_adapters_does_not_know(tiny_params: MakeParams) -> None:
    params = tiny_params("mpnet")
    support.require(params, "baseline", "lora", "full")
    for names in (["adapter"], METHOD_NAMES):
        with pytest.raises(UserError) as raised:
            support.require(params, *names)
        assert str(raised.value) == (
            f"model.name: the package adapters does not know mpnet, which {params.model.name} is;"
            " it has baseline, full, lora: dvc repro train_baseline train_full train_lora;"
            " dvc repro -s evaluate"
        )


def test_training_stops_before_it_reads_data_or_weights(
    tiny_params: MakeParams, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(Path(support.__file__).parents[1])
    from train import train

    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"does not know mpnet"):
        train(tiny_params("mpnet"), "adapter", 0, tmp_path / "models")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("architecture", "limit"), [("bert", 128), ("roberta", 127), ("deberta-v2", 128)]
)
def test_texts_are_no_longer_than_the_position_embeddings(
    tiny_params: MakeParams, architecture: str, limit: int
) -> None:
    name = tiny_params(architecture).model.name
    texts = pd.Series(["a " * 200], index=[7])

    def tokens(max_length: int) -> pd.Series:
        return tokenize(ModelParams(name=name, revision=None, max_length=max_length), texts)

    assert tokens(limit).list.len().to_dict() == {7: limit}
    with pytest.raises(UserError, match=rf"max_length is {limit + 1}, .* at most {limit} tokens"):
        tokens(limit + 1)
