"""dvc and textune, run in a workspace as a user runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def dvc(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run dvc in `folder` as a user of the environment does; its output."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["dvc", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    output = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, output
    return output


def textune(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run a command of the workspace's own textune; its output."""
    code = "import sys; sys.path.insert(0, 'src'); from textune.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True
    )
    output = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, output
    return output


def trained(output: str) -> set[str]:
    """The stages that ran, but for those that take no time, by the output of dvc."""
    others = ("choose", "tune_", "recommend", "report")
    return {stage for stage in ran(output) if not stage.startswith(others)}


def ran(output: str) -> set[str]:
    """All stages that ran."""
    lines = [line for line in output.splitlines() if line.startswith("Running stage '")]
    return {line.split("'")[1] for line in lines}


def read(folder: Path, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "metrics" / name).read_text())
    return values


def set_parameter(work: Path, section: str, key: str, value: object) -> None:
    params = YAML().load(work / "params.yaml")
    params[section][key] = value
    YAML().dump(params, work / "params.yaml")
