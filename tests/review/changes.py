"""A repository with results, changes of it, and what a review says of them."""

import json
import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cli_commands import Commands
from tests.fake_runs import TRAINED, write_run
from tests.tiny import git

# The methods, each with the skill that its runs have.
BASE = {"baseline": 0.5, "lora": 1.5, "full": 1.6}


def write_lock(folder: Path, used: dict[str, Any], **models: str) -> None:
    """dvc.lock: what evaluate used of params.yaml, and hashes of models."""
    test = {"path": "data/prepared/test.parquet", "md5": "1"}
    stages: dict[str, Any] = {"evaluate": {"deps": [test], "params": {"params.yaml": used}}}
    for name, md5 in models.items():
        stages[f"train_{name}@0"] = {"outs": [{"path": f"models/{name}/0", "md5": md5}]}
    YAML().dump({"stages": stages}, folder / "dvc.lock")


def train(folder: Path, textune: Commands, more: int = 0, **skills: float) -> None:
    """As if the methods were trained; those that `skills` names anew, with `more` test examples."""
    for name, skill in skills.items() or BASE.items():
        for seed in range(3):
            seeds = seed if not skills else seed + 1000
            trainable = TRAINED[name]
            write_run(
                folder / "new", name, seeds, skill=skill, trainable=trainable, examples=240 + more
            )
            target = folder / f"models/{name}/{seed}"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder / f"new/{name}/{seeds}", target)
            record = json.loads((target / "run.json").read_text())
            (target / "run.json").write_text(json.dumps({**record, "seed": seed}))
    shutil.rmtree(folder / "new")
    textune.run("evaluate", "--predictions", "models", "--metrics", "metrics")


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "results")


def reviewed(textune: Commands, *arguments: str) -> dict[str, Any]:
    told = textune.run("review", "--base", "base", "--format", "json", *arguments)
    found: dict[str, Any] = json.loads(told)
    return found


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in found["moves"]["methods"]}


def change(folder: Path, old: str, new: str) -> None:
    text = (folder / "params.yaml").read_text()
    assert old in text
    (folder / "params.yaml").write_text(text.replace(old, new, 1))
