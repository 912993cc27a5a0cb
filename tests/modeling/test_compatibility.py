"""Which methods a model lacks, with the reason, and how long its texts may be."""

from collections.abc import Callable

import pandas as pd
import pytest

from tests.tiny import METHODS
from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.compatibility import lacking, lacks
from textune.modeling.tokenizer import tokenize
from textune.params import Params

MakeParams = Callable[..., Params]


def lacks_of(params: Params, *names: str) -> dict[str, str]:
    return lacking(params.model, {name: params.method(name) for name in names})


def test_methods_that_a_model_lacks_are_told_with_the_reason(tiny_params: MakeParams) -> None:
    params = tiny_params("squeezebert")
    reasons = lacks_of(params, *METHODS)
    assert set(reasons) == {"lora", "adapter"}
    assert reasons["adapter"] == (
        "model.name: the package adapters finds no place for adapters in"
        f" {params.model.name}, which is of type squeezebert"
    )
    told = str(lacks([*METHODS], reasons))
    assert told.endswith("; set methods in params.yaml to [baseline, full]")


def test_one_obstacle_of_several_methods_is_told_once(tiny_params: MakeParams) -> None:
    for name, expected in {
        "no/such/folder": "model.name: there is no folder no/such/folder",
        "/data/models/bert": "model.name: there is no folder /data/models/bert",
        "models/bert": "model.name: there is no folder models/bert, and model models/bert is",
    }.items():
        with pytest.raises(UserError) as raised:
            lacks_of(tiny_params("bert", model={"name": name}), *METHODS)
        told = str(raised.value)
        assert told.startswith(expected)
        assert told.count("there is no folder") == 1


def test_a_wrong_parameter_is_not_taken_for_a_missing_method(tiny_params: MakeParams) -> None:
    params = tiny_params("bert", lora={"target_modules": ["q_lin"]})
    with pytest.raises(UserError, match=r"^lora\.target_modules: .* has no q_lin") as raised:
        lacks_of(params, *METHODS)
    assert "set methods" not in str(raised.value)


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
