"""The figures, their files and their tables."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from benchmarks.ablation import ALL
from benchmarks.plan import KINDS, Cell
from benchmarks.results import (
    Speed,
    figures,
    gains,
    read_figures,
    read_gains,
    write_list,
)
from benchmarks.tables import gain_markdown, gain_table, speed_markdown, speed_table
from tests.tiny import ROOT

CELL = Cell("minilm", "lora")
SPEEDS = [
    Speed(CELL, "study", [10.0, 12.0, 11.0], 30.0, 1500.4),
    Speed(CELL, "expert", [99.0, 100.0, 101.0], 30.0, 1400.0),
    Speed(CELL, "textune", [150.0, 140.0, 154.0], 30.0, 1300.0),
    Speed(CELL, "roofline", [300.0, 310.0, 290.0], 30.0, None),
]
PIECES = [
    Speed(CELL, ALL, [100.0, 60.0, 90.0], 30.0, 1300.0),
    # Ratios by round: 2, 1.5 and 1. The ratio of the medians would be 90 / 50.
    Speed(CELL, "attention written out", [50.0, 40.0, 90.0], 30.0, 1300.0),
]


def printed(table: RenderableType) -> list[str]:
    text = StringIO()
    Console(file=text, width=120).print(table)
    return text.getvalue().splitlines()


def test_figures_are_medians_and_their_ratios(tmp_path: Path) -> None:
    write_list(tmp_path / "speed.json", figures(SPEEDS))
    results = read_figures(tmp_path / "speed.json")
    assert results == figures(SPEEDS)
    assert [result.contender for result in results] == list(KINDS)
    own = results[2]
    assert own.examples_per_second == 150
    assert (own.examples_per_second_low, own.examples_per_second_high) == (140, 154)
    assert own.tokens_per_second == 4500
    assert own.ratio_to_study == pytest.approx(150 / 11, abs=0.001)
    assert own.ratio_to_expert == 1.5
    assert own.share_of_roofline == 0.5
    assert results[0].peak_memory_mib == 1500
    assert results[3].peak_memory_mib is None


def test_a_gain_is_the_median_of_the_ratios_within_a_round(tmp_path: Path) -> None:
    write_list(tmp_path / "ablation.json", gains(PIECES))
    (result,) = read_gains(tmp_path / "ablation.json")
    assert [result] == gains(PIECES)
    assert (result.examples_per_second, result.examples_per_second_without) == (90, 50)
    assert result.gain == 1.5


def test_the_tables_show_the_figures() -> None:
    line = next(line for line in printed(speed_table(figures(SPEEDS))) if "textune" in line)
    expected = ["textune", "150.0", "140.0–154.0", "4,500", "13.64", "1.50", "50%", "1,300"]
    assert line.split() == expected
    line = next(line for line in printed(gain_table(gains(PIECES))) if "attention" in line)
    assert line.split() == [
        "minilm",
        "lora",
        "attention",
        "written",
        "out",
        "90.0",
        "50.0",
        "1.50",
        "×",
    ]


def test_the_tables_in_markdown(tmp_path: Path) -> None:
    write_list(tmp_path / "speed.json", figures(SPEEDS))
    write_list(tmp_path / "ablation.json", gains(PIECES))
    assert speed_markdown(tmp_path / "speed.json").splitlines()[2:] == [
        "| minilm | lora | 11.0 | 100.0 | 150.0 | 13.64 | 1.50 | 50% | 1,300 MiB |"
    ]
    assert gain_markdown(tmp_path / "ablation.json").splitlines()[2:] == [
        "| attention written out | `-S train.fast.attention=false` | 90.0 | 50.0 | 1.50 × |"
    ]


def test_the_page_shows_every_published_figure() -> None:
    page = (ROOT / "docs/speed.md").read_text(encoding="utf-8")
    for measured in json.loads((ROOT / "metrics/speed.json").read_text(encoding="utf-8")):
        if measured["contender"] == "roofline":
            continue
        name = rf"\| {measured['model']} \| {measured['method']} \|"
        speed = rf"{measured['examples_per_second']:.1f}"
        assert re.search(rf"{name}.* {re.escape(speed)} \|", page), measured
    for measured in json.loads((ROOT / "metrics/ablation.json").read_text(encoding="utf-8")):
        assert re.search(rf"\| {measured['piece']} .* {measured['gain']:.2f} × \|", page), measured
