"""params.yaml: the committed one is valid, and what is wrong is told with key, value and cure."""

from pathlib import Path
from typing import Any

import pytest

from tests.tiny import ROOT, real_values
from textune.errors import UserError
from textune.params import changed, check_params, read_params


def test_committed_file_is_valid_and_every_knob_has_a_comment() -> None:
    read_params(ROOT / "params.yaml")
    # The titles explain themselves.
    before, _, after = (ROOT / "params.yaml").read_text().partition("titles:")
    for line in [*before.splitlines(), *after.partition("\n\n")[2].splitlines()]:
        if line.startswith("  ") and not line.startswith("    ") and not line.endswith(":"):
            assert "  # " in line, line


@pytest.mark.parametrize(
    ("section", "change", "expected"),
    [
        ("lora", {"r": "eight"}, "lora.r is 'eight', but it should be a valid integer"),
        ("lora", {"r": 8.5}, "lora.r is 8.5, but it should be a valid integer"),
        (
            "lora",
            {"rank": 8},
            "lora.rank is no parameter; known here: method, learning_rate, epochs, r,",
        ),
        ("lora", {"target_modules": 3}, "lora.target_modules is 3, but it should be 'auto' or"),
        ("lora", {"target_modules": []}, "lora.target_modules is [], but it should be 'auto' or"),
        ("train", {"epochs": 0}, "train.epochs is 0, but it should be greater than or equal to 1"),
        ("train", {"padding": "no"}, "train.padding is 'no', but it should be 'longest' or 'max"),
        ("train", {"seeds": [1, 1]}, "train.seeds is [1, 1], but it should have each seed once"),
        ("data", {"test_size": 1.5}, "data.test_size is 1.5, but it should be a valid integer, or"),
        ("data", {"fix_encoding": "yes"}, "data.fix_encoding is 'yes', but it should be a valid b"),
        ("adapter", {"learning_rate": float("nan")}, "adapter.learning_rate is nan"),
        (
            "lora",
            {"method": "prompt"},
            "lora.method is 'prompt', but it may be adapter, full, head",
        ),
        (
            "train",
            {"fast": {"dropout": 1}},
            "train.fast.dropout is 1, but it should be a valid bool",
        ),
        ("evaluate", {"margin": 0.02}, "evaluate.margin is now evaluate.noninferiority_margin"),
        ("evaluate", {"planned_seeds": [5, 3]}, "it should rise, as in [3, 5, 10]"),
        ("evaluate", {"cost": "euros"}, "it should be 'parameters', 'operations' or 'saved_bytes'"),
        (
            "evaluate",
            {"cost": {"parameters": 0}},
            "evaluate.cost.parameters is 0, but it should be greater than 0",
        ),
        ("lora", {"learning_rate": "automatic"}, "it should be 'auto'"),
    ],
)
def test_wrong_value_is_told(section: str, change: dict[str, Any], expected: str) -> None:
    values = real_values()
    values[section].update(change)
    with pytest.raises(UserError) as caught:
        check_params(values, "params.yaml").method(section)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_key_is_told() -> None:
    values = real_values()
    del values["train"]["epochs"]
    with pytest.raises(UserError, match=r"^params.yaml: train.epochs is missing$"):
        check_params(values, "params.yaml")


def test_every_wrong_key_is_told_at_once() -> None:
    values = real_values()
    values["evaluate"]["seed"] = -1
    values["train"]["batch_size"] = 0
    with pytest.raises(UserError, match=r"train\.batch_size is 0.*evaluate\.seed is -1"):
        check_params(values, "params.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data: [", "is not valid YAML"),
        ("a: 1\na: 2", "is not valid YAML"),
        ("", "the file is None"),
        (b"\xff", "is not valid YAML"),
    ],
)
def test_file_that_is_no_yaml_map(tmp_path: Path, text: str | bytes, expected: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=expected):
        read_params(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"params\.yaml is missing; run this where dvc\.yaml lies"):
        read_params(tmp_path / "params.yaml")


def test_scientific_notation_is_a_number_as_in_dvc(tmp_path: Path) -> None:
    text = (
        (ROOT / "params.yaml").read_text().replace("learning_rate: 0.0002 ", "learning_rate: 2e-4 ")
    )
    (tmp_path / "params.yaml").write_text(text)
    assert read_params(tmp_path / "params.yaml").encoder_method("full").learning_rate == 0.0002


def test_unknown_method() -> None:
    with pytest.raises(
        UserError, match=r"no method 'prompt'; the methods in .* are baseline, lora"
    ):
        read_params(ROOT / "params.yaml").method("prompt")


def test_old_keys_are_told_by_their_new_names_alone() -> None:
    values = real_values()
    values["evaluate"]["confidence"] = values["evaluate"].pop("confidence_level")
    with pytest.raises(UserError) as caught:
        check_params(values, "params.yaml")
    assert str(caught.value) == (
        "params.yaml: evaluate.confidence is now evaluate.confidence_level"
    )


def test_a_key_that_is_neither_a_section_nor_a_method_is_told() -> None:
    values = {**real_values(), "trian": {"epochs": 3}, "lora_all": {"r": 8}}
    with pytest.raises(
        UserError,
        match=r"trian is no parameter.*; lora_all is no .* section, it lacks lora_all\.method",
    ):
        check_params(values, "params.yaml")


def test_a_variant_is_a_section_of_the_same_method() -> None:
    values = real_values()
    values["lora_all"] = {**values["lora"], "target_modules": "all-linear"}
    params = check_params(values, "params.yaml")
    assert type(params.method("lora_all")) is type(params.method("lora"))
    assert changed(params, "lora_all.r", 4).method("lora_all").model_dump()["r"] == 4
    assert changed(params, "train.fast.dropout", False).train.fast.dropout is False


def test_a_wrong_section_of_another_method_is_no_obstacle() -> None:
    values = real_values()
    values["lora"]["r"] = 0
    check_params(values, "params.yaml").method("adapter")


@pytest.mark.parametrize(
    ("methods", "section", "expected"),
    [
        (["lora", "prompt"], "lora", "methods names prompt, but the methods with a section are b"),
        (["lora", "lora"], "lora", "methods is ['lora', 'lora'], but it should have each method"),
        ([], "lora", "methods is [], but"),
        (["lora"], "untrained", "untrained is the model before training; call the section"),
        (["lora"], "no-name", "is 'no-name', but"),
    ],
)
def test_wrong_declarations_are_told(methods: list[str], section: str, expected: str) -> None:
    values = real_values()
    values["methods"] = methods
    values[section] = values["lora"]
    with pytest.raises(UserError) as caught:
        check_params(values, "params.yaml")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
