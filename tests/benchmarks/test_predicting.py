"""The benchmark of predicting: every runtime finds the same classes, and the table says so."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks.results import RuntimeFigures, write_list
from benchmarks.runtimes import NAMES
from benchmarks.tables import runtime_markdown
from tests.benchmarks.test_commands import run
from tests.tiny import ROOT

FIGURES = RuntimeFigures("minilm", "ONNX int8", 1100.4, 1050.0, 1200.0, 5.64, 0.52, 310)


def test_the_table_has_the_figures(tmp_path: Path) -> None:
    measured = replace(
        FIGURES,
        accuracy=0.7732,
        difference=0.0016,
        difference_low=-0.001,
        difference_high=0.004,
        changed=0.0167,
        within_margin=True,
    )
    write_list(tmp_path / "speed.json", [measured, replace(FIGURES, peak_memory_mib=None)])
    _, _, first, second = runtime_markdown(tmp_path / "speed.json").splitlines()
    assert first == (
        "| minilm | ONNX int8 | 1100 | 1050–1200 | 5.64 | 0.5 | 310"
        " | 0.7732 | +0.16 [-0.10, +0.40] | 1.7% |"
    )
    assert second.endswith("| 0.5 | – | – | – | – |")
    assert json.loads((tmp_path / "speed.json").read_text())[0] == asdict(measured)


@pytest.mark.slow
def test_no_model_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    shutil.copy(ROOT / "params.yaml", tmp_path)
    done = run("predict", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: models/full/0 holds no trained model")


@pytest.mark.slow
def test_every_runtime_is_measured(tmp_path: Path) -> None:
    from tests.pipeline.conftest import make_trained_workspace

    make_trained_workspace(tmp_path / "trained")
    work = tmp_path / "trained/work"
    done = run("predict", "--quick", "--json", "speed.json", folder=work)
    assert done.returncode == 0, done.stderr
    figures = [RuntimeFigures(**values) for values in json.loads((work / "speed.json").read_text())]
    assert [one.runtime for one in figures] == [*NAMES, *NAMES]
    # --quick leaves out what each one loses.
    assert {one.accuracy for one in figures} == {None}
    assert all(one.texts_per_second > 0 and one.peak_memory_mib for one in figures)
