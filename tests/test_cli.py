"""The commands: quick to answer, one line for what a user got wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import ROOT, make_workspace, tiny_model
from textune.cli import main
from textune.files import read_json
from textune.training.run import VALIDATION_METRICS


def textune(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `textune` of this checkout in `folder`."""
    code = "from textune.cli import main; main()"
    path = {"PYTHONPATH": str(ROOT / "src"), "PATH": str(Path(sys.executable).parent)}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**path, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom textune.cli import main\nsys.argv = ['textune', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('HEAVY', {'torch', 'transformers', 'pandas', 'scipy'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True, check=True
    )
    assert "HEAVY set()" in done.stdout


@pytest.mark.parametrize("script", ["prepare.py", "train.py lora 0", "evaluation.py"])
def test_a_wrong_parameter_is_told_before_torch_is_imported(tmp_path: Path, script: str) -> None:
    text = (ROOT / "params.yaml").read_text().replace("  r: 8 ", "  r: 0 ")
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
    assert done.stdout == "EXIT 1 False\n"
    assert done.stderr == (
        "error: params.yaml: lora.r is 0, but it should be greater than or equal to 1\n"
    )


@pytest.mark.parametrize("arguments", [["lora"], ["lora", "x"], ["prompt", "0"]])
def test_train_tells_its_usage(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    done = subprocess.run(
        [sys.executable, str(ROOT / "src/train.py"), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(("error: usage: ", "error: there is no method 'prompt'"))


def test_search_tries_the_grid_on_validation_alone(tmp_path: Path) -> None:
    work = make_workspace(tmp_path / "work", tiny_model(tmp_path / "model", "bert"))
    told = textune(work, "search")
    assert told.returncode == 1
    assert "labels.json is missing; run `dvc repro prepare`" in told.stderr

    subprocess.run([sys.executable, "src/prepare.py"], cwd=work, check=True)
    (work / "data/prepared/test.parquet").write_bytes(b"never opened")
    done = textune(work, "search")
    assert done.returncode == 0, done.stderr
    found = read_json(work / "metrics/search.json")
    assert found["setting"]["train_rows"] == 12
    for method in ("baseline", "lora", "adapter", "full"):
        assert len(found[method]["trials"]) == 2
        trials = found[method]["trials"]
        best = trials[found[method]["best"]]["accuracy"]
        assert best == max(scores["accuracy"] for scores in trials.values())
        assert all(scores.keys() == set(VALIDATION_METRICS) for scores in trials.values())

    # Trials of the same setting are kept, those of another are made again.
    path = work / "metrics/search.json"
    rate = next(iter(found["lora"]["trials"]))
    found["lora"]["trials"][rate]["accuracy"] = 9.0
    # A rate that is not in the grid (any more) would be one more than the other methods have.
    found["lora"]["trials"]["0.5"] = {"accuracy": 10.0}
    path.write_text(json.dumps(found))
    assert textune(work, "search").returncode == 0
    again = read_json(path)["lora"]
    assert again["trials"][rate]["accuracy"] == 9.0
    assert again["best"] == rate
    assert len(again["trials"]) == 2
    found["setting"]["train_rows"] = 11
    path.write_text(json.dumps(found))
    assert textune(work, "search").returncode == 0
    assert read_json(path)["lora"]["trials"][rate]["accuracy"] <= 1


def test_search_changes_one_parameter_at_a_time(tmp_path: Path) -> None:
    work = make_workspace(tmp_path / "work", tiny_model(tmp_path / "model", "bert"))
    subprocess.run([sys.executable, "src/prepare.py"], cwd=work, check=True)
    path = work / "metrics/search_changes.json"
    vary = ["search", "--vary", "train.label_smoothing=0,0.3"]
    done = textune(work, *vary, "--method", "lora")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("lora  as in params.yaml  0.")
    found = read_json(path)
    # What params.yaml has already is no change.
    assert found["lora"]["trials"].keys() == {"as in params.yaml", "train.label_smoothing=0.3"}
    losses = [scores["loss"] for scores in found["lora"]["trials"].values()]
    assert losses[0] != losses[1]

    # More trials of the same setting join the file; what it has is not made again.
    found["lora"]["trials"]["as in params.yaml"]["accuracy"] = 9.0
    path.write_text(json.dumps(found))
    more = ["--vary", "lora.r=2", "--method", "lora", "--method", "full"]
    assert textune(work, *vary, *more).returncode == 0
    found = read_json(path)
    assert len(found["lora"]["trials"]) == 3
    assert found["lora"]["trials"]["as in params.yaml"]["accuracy"] == 9.0
    assert found["lora"]["best"] == "as in params.yaml"
    assert not (work / "metrics/search.json").exists()
    # Rank is nothing to the other.
    assert len(found["full"]["trials"]) == 2


@pytest.mark.parametrize(
    ("vary", "methods", "told"),
    [
        ("lora.rank=2", [], "--vary: lora.rank is no parameter of training"),
        ("data.copies=keep", [], "--vary: data.copies is no parameter of training"),
        ("train.metric_for_best_model=loss", [], "is no parameter of training"),
        ("train.seeds=1,2", [], "--vary: train.seeds is no parameter of training"),
        ("lora.r", [], "--vary: lora.r has no values; write lora.r=VALUE,VALUE"),
        ("lora.r=[1", [], "--vary: [1 is no list of values"),
        ("lora.r=2,0", [], "lora.r=0: lora.r is 0, but it should be greater than or equal to 1"),
        ("lora.r=2", ["full"], "--vary: nothing changes, or nothing that concerns"),
        ("train.epochs=2", ["prompt"], "there is no method 'prompt'"),
    ],
)
def test_search_tells_what_cannot_be_varied(
    vary: str,
    methods: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    only = [argument for method in methods for argument in ("--method", method)]
    monkeypatch.setattr("sys.argv", ["textune", "search", "--vary", vary, *only])
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert told in line
