"""Methods that do not run: those that nobody named, and those that the model lacks."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.pipeline.commands import dvc, read, textune, trained
from tests.pipeline.forks import run_stages
from tests.tiny import METHODS, ROOT, make_workspace, real_values
from textune.errors import UserError
from textune.params import DEFAULT_METHODS
from textune.runs.loading import split_skipped
from textune.runs.skipped import NOT_NAMED


def test_the_committed_parameters_have_the_default_methods() -> None:
    assert real_values()["methods"] == list(DEFAULT_METHODS)


@pytest.mark.slow
def test_methods_that_are_not_named_train_nothing_and_come_back_at_no_cost(work: Path) -> None:
    before = read(work, "quality.json")
    output = dvc(work, "exp", "run", "-S", "methods=[baseline,lora]")
    assert trained(output) == {"evaluate", "train_adapter@0", "train_full@0"}
    assert read(work, "quality.json").keys() == {"untrained", "baseline", "lora"}
    for name in ("adapter", "full"):
        (file,) = (work / "models" / name / "0").iterdir()
        assert json.loads(file.read_text())["skipped"] == NOT_NAMED
    output = dvc(work, "exp", "run", "-S", f"methods=[{','.join(METHODS)}]")
    assert trained(output) <= {"evaluate"}, "what was trained is in the cache"
    assert read(work, "quality.json") == before


@pytest.mark.slow
def test_a_method_that_the_model_lacks_is_skipped_or_an_error(
    tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    work = make_workspace(tmp_path / "work", tiny_models["squeezebert"])
    yaml = YAML()
    values = yaml.load(work / "params.yaml")
    values["methods"] = list(DEFAULT_METHODS)
    yaml.dump(values, work / "params.yaml")
    stages = [["src/choose.py"], ["src/prepare.py"], ["src/tune.py", "lora"]]
    run_stages(work, *stages, ["src/train.py", "lora", "0"])
    (file,) = (work / "models/lora/0").iterdir()
    reason = json.loads(file.read_text())["skipped"]
    assert reason.startswith("model.name: lora finds no linear layers in")
    with pytest.raises(UserError, match=r"^lora did not run, as model\.name: lora finds"):
        split_skipped(work / "models", ["lora"], [0], by_default=False)
    folders, reasons = split_skipped(work / "models", ["tfidf", "lora"], [0], by_default=True)
    assert (list(folders), reasons) == (["tfidf"], {"lora": reason})

    values["methods"] = ["full", "lora"]
    yaml.dump(values, work / "params.yaml")
    told = textune(work, "check", fails=True)
    assert "model.name: lora finds no linear layers in" in told
    assert "; set methods in params.yaml to [full]" in told


@pytest.mark.slow
def test_a_comparison_without_what_the_model_lacks(
    tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    make_workspace(work, tiny_models["squeezebert"])
    yaml = YAML()
    values = yaml.load(work / "params.yaml")
    values["methods"] = list(DEFAULT_METHODS)
    yaml.dump(values, work / "params.yaml")
    stages = [["src/choose.py"], ["src/prepare.py"]]
    stages += [["src/tune.py", name] for name in DEFAULT_METHODS]
    stages += [["src/train.py", name, "0"] for name in DEFAULT_METHODS]
    run_stages(work, *stages, ["src/evaluation.py"])
    assert read(work, "quality.json").keys() == {"untrained", "tfidf", "baseline", "full"}
    table = textune(work, "table")
    assert "Skipped: lora, model.name: lora finds no linear layers in" in table
    assert "Skipped: adapter, model.name: the package adapters finds no place" in table

    for command in (["plan"], ["search", "--vary", "train.label_smoothing=0.1"]):
        assert "LoRA" not in textune(work, *command), command
    told = textune(work, "archive", "runs", "--method", "lora", fails=True)
    assert "lora did not run, as model.name: lora finds no linear" in told


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["modernbert", "mpnet"])
def test_every_method_runs(tiny_models: dict[str, Path], tmp_path: Path, architecture: str) -> None:
    work = make_workspace(tmp_path / "work", tiny_models[architecture])
    (work / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text())
    yaml = YAML()
    values = yaml.load(work / "params.yaml")
    lacking = {"bitfit"} if architecture == "modernbert" else set()
    sections = {name for name, section in values.items() if "method" in section}
    values["methods"] = sorted(sections - lacking - {"methods"})
    yaml.dump(values, work / "params.yaml")
    dvc(work, "repro")
    assert read(work, "quality.json").keys() == {"untrained", *values["methods"]}
