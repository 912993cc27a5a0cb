"""`python -m benchmarks`: help at once, and a wrong option in one line on stderr."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import ROOT


def run(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    return subprocess.run(command, cwd=folder, env=paths, capture_output=True, text=True)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import runpy, sys; sys.argv = ['benchmarks', '--help']\n"
        "try: runpy.run_module('benchmarks', run_name='__main__')\n"
        "except SystemExit: print(sorted({'torch', 'pandas', 'numpy'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("speed", "ablation", "same-learning", "time-to-accuracy"):
        assert command in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["speed", "--model", "minilmm"], "--model is 'minilmm'"),
        (["ablation", "--method", "lorra"], "--method is 'lorra'"),
        (["speed", "--data", "nowhere"], "--data is nowhere"),
        (["same-learning", "--data", "nowhere"], "--data is nowhere"),
        (["ablation", "--json", "nowhere/gains.json"], "--json is nowhere/gains.json"),
        (["predict", "--json", "nowhere/x.json"], "--json is nowhere/x.json"),
        (["time-to-accuracy", "70"], "TARGET is 70"),
    ],
)
def test_a_wrong_option_is_one_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr


def test_an_option_of_another_command_is_refused() -> None:
    done = run("same-learning", "--quick")
    assert done.returncode == 2
    assert "--quick" in done.stderr


def test_without_params_yaml(tmp_path: Path) -> None:
    done = run("speed", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: params.yaml is missing")
