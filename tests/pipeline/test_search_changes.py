"""`textune search --vary`: which changes become trials, and what cannot vary."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.pipeline.searching import make_params, names
from tests.tiny import real_values
from textune.cli import main
from textune.pipeline.search import AS_GIVEN, one_at_a_time


def test_one_change_at_a_time_for_the_methods_it_concerns() -> None:
    params = make_params()
    # What params.yaml has already is no change.
    trials = one_at_a_time(params, ["train.label_smoothing=0,0.3", "lora.r=2"], [])
    assert names(trials) == [
        ("baseline", AS_GIVEN),
        ("baseline", "train.label_smoothing=0.3"),
        ("lora", AS_GIVEN),
        ("lora", "train.label_smoothing=0.3"),
        ("lora", "lora.r=2"),
    ]
    assert trials[-1].params.sections["lora"]["r"] == 2
    assert trials[-1].params.train.label_smoothing == 0
    assert names(one_at_a_time(params, ["lora.r=2"], [])) == [
        ("lora", AS_GIVEN),
        ("lora", "lora.r=2"),
    ]


def test_nested_keys_and_variants_vary() -> None:
    params = make_params()
    trials = one_at_a_time(params, ["train.fast.attention=false,true"], ["lora"])
    assert names(trials) == [("lora", AS_GIVEN), ("lora", "train.fast.attention=False")]
    assert trials[1].params.train.fast.attention is False
    assert trials[1].params.train.fast.dropout is True
    variant = one_at_a_time(params, ["lora_all.r=2", "lora.r=2"], ["lora_all"])
    assert names(variant) == [("lora_all", AS_GIVEN), ("lora_all", "lora_all.r=2")]


@pytest.mark.parametrize(
    ("vary", "methods", "told"),
    [
        ("lora.rank=2", [], "--vary: lora.rank is no parameter of training"),
        ("lora.method=adapter", [], "--vary: lora.method is no parameter of training"),
        ("train.fast=1", [], "--vary: train.fast is no parameter of training"),
        ("train.fast.speed=1", [], "--vary: train.fast.speed is no parameter of training"),
        ("lora_all.r=2", [], "one stands in train, tfidf, baseline, lora, adapter"),
        ("data.copies=keep", [], "--vary: data.copies is no parameter of training"),
        ("train.metric_for_best_model=loss", [], "is no parameter of training"),
        ("train.seeds=1,2", [], "--vary: train.seeds is no parameter of training"),
        ("lora.r", [], "--vary: lora.r has no values; write lora.r=VALUE,VALUE"),
        ("lora.r=[1", [], "--vary: [1 is no list of values"),
        ("lora.r=2,0", [], "lora.r=0: lora.r is 0, but it should be greater than or equal to 1"),
        ("lora.r=2", ["full"], "--vary: nothing changes, or nothing that concerns"),
        ("train.epochs=2", ["prompt"], "there is no method 'prompt'"),
    ],
)
def test_what_cannot_be_varied_is_told(
    vary: str,
    methods: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    only = [argument for method in methods for argument in ("--method", method)]
    monkeypatch.setattr("sys.argv", ["textune", "search", "--vary", vary, *only])
    YAML().dump(real_values(), tmp_path / "params.yaml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert told in line
