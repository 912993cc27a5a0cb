"""dvc.yaml: the templates of the tune and train stages, and that every input is declared."""

import re
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.pipeline.commands import dvc, read, set_parameter, textune, trained
from tests.pipeline.forks import run_stages
from tests.tiny import METHODS, ROOT
from textune.config.sections import TrainParams


def test_every_parameter_of_training_is_declared(work: Path) -> None:
    stages = YAML(typ="safe").load(work / "dvc.yaml")["stages"]
    for method in METHODS:
        shared = stages[f"train_{method}"]["params"]
        assert stages[f"train_{method}"]["vars"][0]["name"] == method
        declared = {name.removeprefix("train.") for name in shared} - {"model"}
        assert declared == set(TrainParams.model_fields) - {"seeds", "checkpoint_minutes"}
        assert stages[f"tune_{method}"]["params"] == ["${name}", *shared, "tune"]


def test_no_value_reaches_a_shell_unquoted() -> None:
    """DVC quotes what it writes for a mapping; `name` stands in dvc.yaml itself."""
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    for stage in stages.values():
        assert set(re.findall(r"\$\{.*?\}", stage["cmd"])) <= {"${name}", "${item}"}
        assert set(stage.get("matrix", {})) <= {"seed"}


def test_every_module_that_a_stage_imports_is_declared(work: Path) -> None:
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    set_parameter(work, "tune", "all", True)
    yaml = YAML()
    params = yaml.load(work / "params.yaml")
    params["methods"].insert(0, "tfidf")
    yaml.dump(params, work / "params.yaml")
    commands = {"choose": ["src/choose.py"], "prepare": ["src/prepare.py"]}
    for method in ("tfidf", "baseline", "lora", "adapter"):
        commands[f"tune_{method}"] = ["src/tune.py", method]
        commands[f"train_{method}"] = ["src/train.py", method, "0"]
    commands |= {"evaluate": ["src/evaluation.py"], "recommend": ["src/recommend.py"]}
    commands["report"] = ["src/report.py"]
    unused: dict[str, set[Path]] = {}
    for stage, modules in zip(commands, run_stages(work, *commands.values()), strict=True):
        assert len(modules) >= 5
        variables = stages[stage].get("vars", [{}])[0]
        declared = {
            Path(dep.replace("${method}", variables.get("method", "")))
            for dep in stages[stage]["deps"]
            if dep.startswith("src")
        }
        undeclared = {m for m in modules if not any(m.is_relative_to(d) for d in declared)}
        assert not undeclared, f"{stage} imports {sorted(map(str, undeclared))}"
        idle = {d for d in declared if not any(m.is_relative_to(d) for m in modules)}
        kind = commands[stage][0]
        unused[kind] = unused.get(kind, idle) & idle
    # And nothing is declared that no stage of the kind imports, but for its script.
    for script, idle in unused.items():
        assert idle == {Path(script)}


@pytest.mark.slow
def test_a_variant_and_a_new_learner_take_a_section_and_six_lines(work: Path) -> None:
    shutil.copy(ROOT / "tests/pipeline/majority.py", work / "src/textune/modeling/methods")
    yaml = YAML()
    params = yaml.load(work / "params.yaml")
    params["lora_all"] = {**params["lora"], "target_modules": "all-linear"}
    params["majority"] = {"method": "majority", "smoothing": 1.0}
    params["methods"] = ["majority", *params["methods"], "lora_all"]
    params["titles"]["lora_all"] = "LoRA, all linear layers"
    yaml.dump(params, work / "params.yaml")
    lines = "".join(
        f"  {kind}_{name}:\n    <<: *{kind}\n    vars: [{{name: {name}, method: {method}}}]\n"
        for name, method in (("lora_all", "lora"), ("majority", "majority"))
        for kind in ("tune", "train")
    )
    dvc_yaml = (work / "dvc.yaml").read_text()
    (work / "dvc.yaml").write_text(dvc_yaml.replace("  evaluate:\n", f"{lines}  evaluate:\n"))

    output = dvc(work, "repro")
    assert trained(output) == {"train_lora_all@0", "train_majority@0", "evaluate"}
    assert "LoRA, all linear layers minus LoRA" in output
    quality = read(work, "quality.json")
    assert quality.keys() == {"untrained", "majority", *METHODS, "lora_all"}
    # A third of the test examples is of each class.
    assert quality["majority"]["accuracy"] == pytest.approx(1 / 3, abs=1e-6)
    cost = read(work, "cost.json")
    assert cost["lora_all"]["trainable_parameters"] > cost["lora"]["trainable_parameters"]
    comparison = read(work, "comparison.json")
    assert {"lora_minus_majority", "lora_all_minus_lora"} < comparison["pairs"].keys()

    told = textune(work, "search", "--method", "majority", "--vary", "majority.smoothing=2.0,9.0")
    assert "majority  majority.smoothing=9" in told

    output = dvc(work, "exp", "run", "-S", "methods=[lora,lora_all]")
    unnamed = ("majority", "baseline", "adapter", "full")
    assert trained(output) == {"evaluate", *(f"train_{name}@0" for name in unnamed)}
    assert [path.name for path in (work / "models/full/0").iterdir()] == ["skipped.json"]
    assert read(work, "quality.json").keys() == {"lora", "lora_all"}
