"""The stage as DVC runs it: its own process, in a workspace with params.yaml and models/."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from tests.fake_runs import write_models, write_run, write_texts
from textune.io import read_json
from textune.stats.comparison_file import read_comparison

ROOT = Path(__file__).parents[2]
STAGE = ROOT / "src/evaluation.py"
FILES = {
    "calibration.json",
    "comparison.json",
    "confusion.csv",
    "cost.json",
    "curves/accuracy.csv",
    "curves/loss.csv",
    "intervals.json",
    "parameters.json",
    "quality.json",
    "recommended.json",
    "reliability.csv",
    "slices.json",
    "validation.json",
    *(
        f"{split}/{metric}{kind}.json"
        for split in ("test", "val")
        for metric in ("accuracy", "macro_recall", "macro_f1")
        for kind in ("", "_pm")
    ),
}
# Run like `python src/evaluation.py`, then tell whether anything heavy was imported.
RUN = """
import runpy, sys
sys.path.insert(0, sys.argv[1].rpartition("/")[0])
runpy.run_path(sys.argv[1], run_name="__main__")
print("heavy:", [name for name in ("torch", "transformers") if sys.modules.get(name)])
"""


def workspace(
    folder: Path, seeds: list[int], methods: tuple[str, ...] = ("baseline", "lora", "full")
) -> Path:
    folder.mkdir()
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["methods"] = list(methods)
    for name in methods:
        params.setdefault(name, params["lora"])
    params["train"]["seeds"] = seeds
    params["evaluate"]["resamples"] = 1000
    YAML().dump(params, folder / "params.yaml")
    write_texts(folder / "data/prepared/test.parquet")
    return folder


def start(folder: Path, home: Path) -> subprocess.Popen[str]:
    home.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-W", "error::UserWarning", "-c", RUN, str(STAGE)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_stage_at_once_in_two_processes(tmp_path: Path) -> None:
    """Same bytes in both, no torch, and nothing in the home directory."""
    folders = [workspace(tmp_path / name, [0, 1]) for name in ("a", "b")]
    write_models(folders[0] / "models")
    shutil.copytree(folders[0] / "models", folders[1] / "models")
    home = tmp_path / "home"
    processes = [start(folder, home) for folder in folders]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert "full fine-tuning" in out
        assert out.splitlines()[-1] == "heavy: []"
        assert "ettled" in out
    errors = {path.name for path in (folders[0] / "data/errors").iterdir()}
    assert errors == {"untrained.csv", "baseline.csv", "lora.csv", "full.csv"}
    metrics = [folder / "metrics" for folder in folders]
    written = {str(p.relative_to(metrics[0])) for p in metrics[0].rglob("*") if p.is_file()}
    assert written == FILES
    for name in FILES:
        assert (metrics[0] / name).read_bytes() == (metrics[1] / name).read_bytes()
    assert list(home.iterdir()) == []


def test_the_stage_decides_as_params_yaml_says(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "a", [0])
    params = YAML(typ="safe").load((folder / "params.yaml").read_text(encoding="utf-8"))
    params["evaluate"] |= {"metric": "macro_recall", "decision": "balanced"}
    YAML().dump(params, folder / "params.yaml")
    write_models(folder / "models")
    out, err = start(folder, tmp_path / "home").communicate(timeout=120)
    assert "suits macro recall" in out, err
    content = read_json(folder / "metrics/comparison.json")
    assert (content["metric"], content["decision"]) == ("macro_recall", "balanced")


def test_what_is_compared_is_declared_and_not_what_lies_there(tmp_path: Path) -> None:
    """models/ has a method too many, of other data; pairs follow methods in params.yaml."""
    folder = workspace(tmp_path / "a", [0], ("full", "lora"))
    write_models(folder / "models", [0])
    stranger = write_run(folder / "models", "adapter", 0, skill=1.0, trainable=5)
    stranger.predictions("test").write_bytes(b"never read")
    out, err = start(folder, tmp_path / "home").communicate(timeout=120)
    assert "LoRA minus full fine-tuning" in out, err
    comparison = read_comparison(folder / "metrics/comparison.json")
    assert [method.name for method in comparison.methods] == ["full", "lora"]
    assert [(pair.first, pair.second) for pair in comparison.pairs] == [("lora", "full")]
    assert set(read_json(folder / "metrics/cost.json")) == {"full", "lora"}
    # A method that is declared must be there.
    done = start(workspace(tmp_path / "b", [0], ("adapter",)), tmp_path / "home")
    assert "models/adapter/0 is missing: run `dvc repro`, or take" in done.communicate()[1]


def test_names_that_share_a_key_leave_nothing_behind(tmp_path: Path) -> None:
    names = ("z", "y_minus_z", "x", "x_minus_y")
    folder = workspace(tmp_path / "a", [0], names)
    for number, name in enumerate(names):
        write_run(folder / "models", name, 0, skill=1.0, trainable=5 + number)
    _, err = start(folder, tmp_path / "home").communicate(timeout=120)
    assert err.endswith("in comparison.json: rename one of these methods\n")
    assert not (folder / "metrics").exists()


def test_a_mistake_is_one_line_on_stderr(tmp_path: Path) -> None:
    process = start(workspace(tmp_path / "a", [0]), tmp_path / "home")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert out == ""
    assert err.startswith("error: models/baseline/0 is missing: run `dvc repro`")
    assert err.count("\n") == 1
