"""params.yaml: the committed one is valid, and what older versions or other files have is told."""

from pathlib import Path

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
        UserError, match=r"no method 'prompt'; the methods in .* are tfidf, baseline, lora"
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
