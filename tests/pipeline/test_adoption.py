"""`textune adopt`: recipes that were tuned become numbers in params.yaml."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli_commands import Commands
from tests.tiny import real_values
from textune.io import read_json
from textune.params import DEFAULT_METHODS, read_params
from textune.pipeline.recipes import given_recipe
from textune.runs.tuning import Tuning, read_adopted, write_tuning

METRICS = Path("metrics")


def tuning(tuned: list[str], **recipe: float) -> Tuning:
    return Tuning(recipe=recipe, tuned=tuned, data_sha256="d", model="m", trials=[])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With params.yaml as people write it; LoRA was tuned, the others were not."""
    monkeypatch.chdir(tmp_path)
    values: dict[str, Any] = real_values()
    values["tune"]["all"] = True
    YAML().dump(values, Path("params.yaml"))
    text = (
        Path("params.yaml").read_text().replace("  r: 8\n", "  r: 8  # rank: as in 'the study'\n")
    )
    text = text.replace("  label_names:\n", "  label_names: null  # names\n")
    Path("params.yaml").write_text(text)
    for name in DEFAULT_METHODS:
        write_tuning(name, tuning([], learning_rate=0.5), {}, METRICS)
    found = tuning(["learning_rate", "epochs"], learning_rate=0.0123, epochs=7)
    write_tuning("lora", found, {}, METRICS)
    return tmp_path


def test_the_numbers_stand_in_params_yaml_and_their_search_in_adopted_json(
    folder: Path, textune: Commands
) -> None:
    before = read_params()
    assert textune.run("adopt") == "lora: epochs 7, learning_rate 0.0123\n"
    after = read_params()
    assert given_recipe(after, "lora") == {"learning_rate": 0.0123, "epochs": 7}
    assert not after.tune.all
    assert read_adopted(METRICS).keys() == {"lora"}
    changed = {**before.sections["lora"], "learning_rate": 0.0123, "epochs": 7}
    assert after.sections == {**before.sections, "lora": changed}
    text = Path("params.yaml").read_text()
    assert "r: 8  # rank: as in 'the study'" in text
    assert "label_names: null  # names" in text


def test_what_was_adopted_before_stays(folder: Path, textune: Commands) -> None:
    textune.run("adopt")
    write_tuning("lora", tuning([], learning_rate=0.0123, epochs=7), {}, METRICS)
    write_tuning("full", tuning(["epochs"], learning_rate=0.5, epochs=2), {}, METRICS)
    textune.run("adopt")
    assert read_adopted(METRICS).keys() == {"lora", "full"}
    section = read_params().sections["full"]
    assert section["epochs"] == 2
    assert section["learning_rate"] == real_values()["full"]["learning_rate"]


def test_nothing_to_adopt_is_told(folder: Path, textune: Commands) -> None:
    before = Path("params.yaml").read_bytes()
    write_tuning("lora", tuning([], learning_rate=0.5), {}, METRICS)
    assert textune.error("adopt") == (
        "no recipe was tuned by the latest run; tune them with `dvc exp run -S tune.all=true`"
    )
    assert Path("params.yaml").read_bytes() == before
    assert not Path("metrics/adopted.json").exists()


def test_damaged_trials_are_told(folder: Path, textune: Commands) -> None:
    Path("metrics/trials/lora.json").write_text('{"recipe": 3}')
    assert "metrics/trials/lora.json is damaged" in textune.error("adopt")
    assert not Path("metrics/adopted.json").exists()
    assert read_json(Path("metrics/recipes/lora.json"))["epochs"] == 7
