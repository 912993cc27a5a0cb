"""Pictures are drawn from the files in metrics/ alone."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.results.fake_runs import settings, write_run
from textune.errors import UserError
from textune.results.pictures import draw
from textune.results.runs import load_runs
from textune.results.writing import write_results


@pytest.fixture
def metrics(models: Path, tmp_path: Path) -> Path:
    for seed in (0, 1):
        write_run(models, "<b>own", seed, skill=1, trainable=90_000)
    write_results(load_runs(models, [0, 1]), settings(), tmp_path / "metrics")
    return tmp_path / "metrics"


def texts(path: Path) -> list[str]:
    return [text for text in ET.parse(path).getroot().itertext() if text.strip()]


def test_both_pictures_name_the_methods_in_order(metrics: Path, tmp_path: Path) -> None:
    names = ["trained head (baseline)", "LoRA", "<b>own", "full fine-tuning"]
    for path in draw(metrics, tmp_path / "pictures"):
        assert [text for text in texts(path) if text in names] == names
        assert "untrained head" not in texts(path)
    scores = texts(tmp_path / "pictures/scores.svg")
    titles = [text for text in scores if text in ("accuracy", "macro recall", "macro F1")]
    assert titles == ["accuracy", "macro recall", "macro F1"]
    assert "test, 90 % interval of these models" in scores


def test_other_runs_of_a_method_have_its_colour_and_are_dashed(
    models: Path, tmp_path: Path
) -> None:
    for seed in (0, 1):
        write_run(models, "lora_r_4", seed, skill=1, trainable=90_000)
    write_results(load_runs(models, [0, 1]), settings(), tmp_path / "metrics")
    *_, curves = draw(tmp_path / "metrics", tmp_path / "pictures")
    lines = [
        path
        for path in ET.parse(curves).iter("{http://www.w3.org/2000/svg}path")
        if path.get("aria-roledescription") == "line mark"
    ]
    colours = {line.get("stroke") for line in lines if "LoRA" in line.get("aria-label", "")}
    assert len(colours) == 1
    dashes = {line.get("stroke-dasharray") for line in lines if line.get("stroke") in colours}
    assert dashes == {"1,0", "6,3"}


def test_a_file_that_is_missing_or_damaged_is_named(metrics: Path, tmp_path: Path) -> None:
    curve = metrics / "curves/loss.csv"
    curve.write_text("method,epoch,loss\nLoRA,one,0.5\n")
    with pytest.raises(UserError, match=r"loss\.csv is no curve: run `dvc repro`"):
        draw(metrics, tmp_path / "pictures")
    curve.unlink()
    with pytest.raises(UserError, match=r"loss\.csv is missing: run `dvc repro`"):
        draw(metrics, tmp_path / "pictures")
    assert not (tmp_path / "pictures").exists()
