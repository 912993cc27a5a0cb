"""`textune check` tells what is wrong with parameters, model and stages before anything runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli_commands import Commands
from tests.tiny import ROOT, real_values


def check(folder: Path, textune: Commands, change: Callable[[dict[str, Any]], object]) -> str:
    values = real_values()
    change(values)
    YAML().dump(values, folder / "params.yaml")
    return textune.error("check")


def test_check_sees_the_whole_of_params(
    tmp_path: Path, textune: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    error = check(tmp_path, textune, lambda values: values["lora"].update(r=0))
    assert error == "params.yaml: lora.r is 0, but it should be greater than or equal to 1"
    error = check(tmp_path, textune, lambda values: values["data"].update(source="kaggle"))
    assert error.startswith("data.source is 'kaggle', but it may be crowdflower")
    error = check(tmp_path, textune, lambda values: values.update(methods=["lora", "prompt"]))
    assert "methods names prompt" in error

    def names_like_keys(values: dict[str, Any]) -> None:
        values["methods"] = ["z", "y_minus_z", "x", "x_minus_y"]
        values.update(dict.fromkeys(values["methods"], values["full"]))

    error = check(tmp_path, textune, names_like_keys)
    assert "x minus y_minus_z" in error
    assert error.endswith("rename one of these methods")


def test_check_sees_what_the_model_does_not_have(
    tmp_path: Path, textune: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    assert "were not tuned on this data" in textune.run("check")
    error = check(
        tmp_path, textune, lambda values: values["lora"].update(target_modules=["nothing"])
    )
    assert "nothing" in error
    assert "lora.target_modules: " in error
    assert "has no nothing; its linear layers are named dense, key, query, value" in error


def test_check_wants_a_stage_for_every_method(
    tmp_path: Path, textune: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())

    def add_variant(values: Any) -> None:
        values["lora_all"] = {**values["lora"], "target_modules": "all-linear"}
        values["methods"].append("lora_all")

    wanted = (
        "the stage tune_lora_all should have <<: *tune and vars: [{name: lora_all, method: lora"
    )
    assert wanted in check(tmp_path, textune, add_variant)
    stage = "  tune_lora_all:\n    <<: *tune\n    vars: [{name: lora_all, method: lora}]\n"
    text = (tmp_path / "dvc.yaml").read_text()
    (tmp_path / "dvc.yaml").write_text(text.replace("  evaluate:\n", f"{stage}  evaluate:\n"))
    wanted = "the stage train_lora_all should have <<: *train and vars: [{name: lora_all, method: l"
    stage = "  train_lora_all:\n    <<: *train\n    vars: [{name: lora_all, method: full}]\n"
    text = (tmp_path / "dvc.yaml").read_text()
    (tmp_path / "dvc.yaml").write_text(text.replace("  evaluate:\n", f"{stage}  evaluate:\n"))
    assert wanted in check(tmp_path, textune, add_variant)
    text = (tmp_path / "dvc.yaml").read_text()
    (tmp_path / "dvc.yaml").write_text(
        text.replace("lora_all, method: full", "lora_all, method: lora")
    )
    assert "were not tuned on this data" in textune.run("check")


@pytest.mark.parametrize("text", ["", "stages: [", "stages: {train_lora: 3}", "artifacts: {}"])
def test_check_sees_a_damaged_pipeline(
    tmp_path: Path, textune: Commands, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(text)
    error = check(tmp_path, textune, lambda values: None)
    assert error == "dvc.yaml is no pipeline of DVC; mend it, or take it from git"
