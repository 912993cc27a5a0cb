"""Charts are drawn from the files in metrics/ alone."""

import csv
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from textune.errors import UserError
from textune.report.charts import line_styles, write_charts
from textune.report.tables import read_results

# In the declared order.
TITLES = [
    "trained head (baseline)",
    "LoRA",
    "LoRA, all linear layers",
    "<b>own",
    "full fine-tuning",
]


@pytest.fixture(scope="module")
def charts(variants: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_charts(variants, tmp_path_factory.mktemp("charts"))


def texts(path: Path) -> list[str]:
    return [text for text in ET.parse(path).getroot().itertext() if text.strip()]


def test_both_charts_name_the_methods_in_the_declared_order(charts: list[Path]) -> None:
    assert [path.name for path in charts] == ["scores.svg", "curves.svg"]
    for path in charts:
        assert [text for text in texts(path) if text in TITLES] == TITLES
        assert "untrained head" not in texts(path)


def test_scores_tell_their_metrics_and_question(charts: list[Path]) -> None:
    scores = texts(charts[0])
    titles = [text for text in scores if text in ("accuracy", "macro recall", "macro F1")]
    assert titles == ["accuracy", "macro recall", "macro F1"]
    assert "test, fixed models, 90 % interval" in scores


def test_scores_are_drawn_with_their_own_intervals(charts: list[Path], variants: Path) -> None:
    drawn = {
        line.get("aria-label")
        for line in ET.parse(charts[0]).iter("{http://www.w3.org/2000/svg}line")
    }
    comparison = read_results(variants)
    for method in comparison.methods:
        for score in method.scores.values():
            low, high = score.fixed_models.low, score.fixed_models.high
            label = f"low: {low:g}; method: {method.title}; high: {high:g}"
            assert (label in drawn) == (method.name != "untrained")


def test_variants_of_a_method_have_its_colour_and_are_dashed(charts: list[Path]) -> None:
    lines = [
        path
        for path in ET.parse(charts[1]).iter("{http://www.w3.org/2000/svg}path")
        if path.get("aria-roledescription") == "line mark"
    ]
    styles = {
        title: {
            (line.get("stroke"), line.get("stroke-dasharray"))
            for line in lines
            if line.get("aria-label", "").endswith(f"method: {title}")
        }
        for title in TITLES
    }
    assert all(len(of_title) == 1 for of_title in styles.values())
    (lora,), (variant,) = styles["LoRA"], styles["LoRA, all linear layers"]
    assert lora[0] == variant[0]
    assert (lora[1], variant[1]) == ("1,0", "6,3")
    assert len({colour for ((colour, _),) in styles.values()}) == 4


def test_a_kind_keeps_its_colour_whatever_else_is_compared(variants: Path) -> None:
    comparison = read_results(variants)
    all_methods = [method for method in comparison.methods if method.name != "untrained"]
    fewer = comparison.model_copy(update={"methods": all_methods[1:2]})
    (colour,) = line_styles(fewer, fewer.methods)["color"]["scale"]["range"]
    assert colour == line_styles(comparison, all_methods)["color"]["scale"]["range"][1]


def test_a_file_that_is_missing_or_damaged_is_named(metrics: Path, tmp_path: Path) -> None:
    curve = metrics / "curves/loss.csv"
    curve.write_text("method,epoch,loss\nLoRA,one,0.5\n")
    with pytest.raises(UserError, match=r"loss\.csv is no curve: run `dvc repro`"):
        write_charts(metrics, tmp_path / "charts")
    curve.write_text("method,epoch,loss\nold,1,0.5\n")
    with pytest.raises(UserError, match=r"loss\.csv has a method 'old' that .*run `dvc repro`"):
        write_charts(metrics, tmp_path / "charts")
    curve.unlink()
    with pytest.raises(UserError, match=r"loss\.csv is missing: run `dvc repro`"):
        write_charts(metrics, tmp_path / "charts")
    assert not (tmp_path / "charts").exists()


def test_curves_hold_titles(variants: Path) -> None:
    with (variants / "curves/loss.csv").open(encoding="utf-8", newline="") as file:
        titles = dict.fromkeys(row["method"] for row in csv.DictReader(file))
    assert set(titles) == set(TITLES)
