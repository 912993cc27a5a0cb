"""The commands: quick to answer, one line for what a user got wrong."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.cli_commands import Commands
from tests.fake_runs import write_models, write_run
from tests.tiny import ROOT, real_values
from textune.io import read_json
from textune.params import read_params
from textune.runs.archive import archive
from textune.stats.comparison_file import read_comparison


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with quick parameters and models/ of two seeds."""
    monkeypatch.chdir(tmp_path)
    values = real_values()
    values["train"]["seeds"] = [0, 1]
    values["evaluate"]["resamples"] = 1000
    YAML().dump(values, tmp_path / "params.yaml")
    write_models(tmp_path / "models")
    return tmp_path


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom textune.cli import main\nsys.argv = ['textune', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'transformers', 'pandas', 'scipy', 'pydantic'}\n"
        "print('HEAVY', heavy & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True, check=True
    )
    assert "HEAVY set()" in done.stdout


@pytest.mark.parametrize(
    ("script", "key"),
    [("prepare.py", "resamples"), ("evaluation.py", "resamples"), ("choose.py", "r")],
)
def test_a_wrong_parameter_is_told_before_torch_is_imported(
    tmp_path: Path, script: str, key: str
) -> None:
    """`choose` reads the sections of all methods that run, `prepare` and `evaluate` none."""
    text, changes = re.subn(
        rf"(?m)^  {key}: \d+ ", f"  {key}: 0 ", (ROOT / "params.yaml").read_text()
    )
    assert changes == 1
    (tmp_path / "params.yaml").write_text(text)
    name, *arguments = script.split()
    code = (
        f"import runpy, sys\nsys.path.insert(0, {str(ROOT / 'src')!r})\n"
        f"sys.argv = ['x', *{arguments!r}]\n"
        f"try:\n    runpy.run_path({str(ROOT / 'src' / name)!r}, run_name='__main__')\n"
        "except SystemExit as end:\n    print('EXIT', end.code, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "EXIT 2 False\n"
    assert re.fullmatch(
        rf"error: params.yaml: \w+\.{key} is 0, but it should be greater than or equal to \d+\n",
        done.stderr,
    )


@pytest.mark.parametrize("arguments", [["lora"], ["lora", "x"]])
def test_train_tells_its_usage(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    done = subprocess.run(
        [sys.executable, str(ROOT / "src/train.py"), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: usage: ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("keep runs --method lora", "textune archive"),
        ("draw --metrics elsewhere", "textune plot"),
        ("bench --quick --to-accuracy 0.7", "python -m benchmarks"),
        ("bench --help", "python -m benchmarks"),
    ],
)
def test_an_old_command_names_the_new_one(old: str, new: str, textune: Commands) -> None:
    name = old.split()[0]
    assert textune.error(*old.split()) == f"`textune {name}` is now `{new}`"


def test_old_commands_are_not_offered(textune: Commands) -> None:
    offered = textune.run("--help")
    for name in ("keep", "draw", "bench"):
        assert not re.search(rf"\b{name}\b", offered)
    for name in (
        "archive",
        "plot",
        "table",
        "evaluate",
        "check",
        "search",
        "learning-curve",
        "plan",
        "adopt",
    ):
        assert re.search(rf"\b{name}\b", offered)


def test_archived_runs_are_compared_where_no_model_is(folder: Path, textune: Commands) -> None:
    for name in ("baseline", "lora", "full"):
        assert f"runs/{name}/1 has the run" in textune.run("archive", "runs", "--method", name)
    printed = textune.run("archive", "runs", "--method", "lora", "--name", "lora_again")
    assert "runs/lora_again/1 has the run" in printed
    shutil.rmtree(folder / "models")
    printed = textune.run("evaluate", "--predictions", "runs", "--metrics", "metrics/a")
    # Declared methods come first; the others follow, and have their names for titles.
    assert "lora_again minus LoRA" in printed
    comparison = read_comparison(folder / "metrics/a/comparison.json")
    names = [method.name for method in comparison.methods]
    assert names == ["untrained", "baseline", "lora", "full", "lora_again"]
    assert comparison.method("lora_again").method == "lora"
    quality = read_json(folder / "metrics/a/quality.json")
    assert quality["lora_again"] == quality["lora"]
    assert not (folder / "metrics/a/slices.json").exists()
    # From metrics alone.
    assert "lora_again minus LoRA" in textune.run("table", "--metrics", "metrics/a")
    assert "| LoRA |" in textune.run("table", "--metrics", "metrics/a", "--markdown")
    drawn = textune.run("plot", "--metrics", "metrics/a", "--output", "charts")
    assert drawn.split() == ["charts/scores.svg", "charts/curves.svg"]


def test_evaluate_takes_folders_methods_and_parameters(folder: Path, textune: Commands) -> None:
    params = read_params()
    for seed in (0, 1):
        write_run(folder / "models", "lora_all", seed, skill=1.2, trainable=300_000)
    for name, target in (("lora", "a"), ("full", "a"), ("lora_all", "b")):
        list(archive(folder / "models", name, params.train.seeds, name, folder / target))
    values = real_values()
    values["evaluate"] |= {"resamples": 1000, "confidence_level": 0.8}
    values["titles"] = {"lora_all": "LoRA, everywhere"}
    YAML().dump(values, folder / "other.yaml")
    where = ("--predictions", "a", "--predictions", "b", "--metrics", "metrics/x")
    methods = ("--method", "lora_all", "--method", "lora")
    printed = textune.run("evaluate", *where, *methods, "--params", "other.yaml")
    assert "lora minus LoRA, everywhere" in printed
    comparison = read_comparison(folder / "metrics/x/comparison.json")
    assert [method.name for method in comparison.methods] == ["lora_all", "lora"]
    assert (comparison.confidence_level, comparison.seeds) == (0.8, 2)
    changes = ("--metric", "macro_recall", "--decision", "balanced")
    textune.run("evaluate", *where, *changes)
    comparison = read_comparison(folder / "metrics/x/comparison.json")
    assert (comparison.metric, comparison.decision) == ("macro_recall", "balanced")
    assert [method.name for method in comparison.methods] == ["lora", "full", "lora_all"]


def test_evaluate_tells_what_is_wrong(folder: Path, textune: Commands) -> None:
    list(archive(folder / "models", "lora", [0, 1], "lora", folder / "runs"))
    where = ("--predictions", "runs", "--metrics", "metrics/x")
    error = textune.error("evaluate", *where, "--decision", "fair")
    assert error.startswith("evaluate.decision=fair: evaluate.decision is 'fair'")
    error = textune.error("evaluate", *where, "--method", "prompt")
    assert error == "--method: there are no runs of prompt; the methods in runs are lora"
    error = textune.error("evaluate", "--predictions", "run", "--metrics", "metrics/x")
    assert error.startswith("run holds no runs")
    error = textune.error("evaluate", *where, "--params", "no.yaml")
    assert error.startswith("no.yaml is missing")
    assert not (folder / "metrics").exists()
    error = textune.error("archive", "runs", "--method", "prompt")
    assert error.startswith("there is no method 'prompt'; the methods in params.yaml are")
