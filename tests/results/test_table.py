import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from textune.errors import UserError
from textune.files import write_json
from textune.results.table import markdown_table, print_table, table

QUALITY = {
    "baseline": {"accuracy": 0.521, "macro_recall": 0.457, "macro_f1": 0.44},
    "lora": {"accuracy": 0.7004, "macro_recall": 0.713, "macro_f1": 0.69},
    "adapter": {"accuracy": 0.7001, "macro_recall": 0.705, "macro_f1": 0.68},
    "full": {"accuracy": 0.693, "macro_recall": 0.703, "macro_f1": 0.67},
    "untrained": {"accuracy": 0.34, "macro_recall": 0.33, "macro_f1": 0.32},
}
COST = {
    name: {
        "trainable_parameters": trained,
        "total_parameters": 22_714_371,
        "train_seconds": 4260.0 if trained else 0.0,
        "tweets_per_second": 143.2 if trained else 0.0,
        "peak_memory_mib": 812.4 if trained else 0.0,
        "saved_bytes": trained * 4,
    }
    for name, trained in {
        "untrained": 0,
        "baseline": 1_155,
        "lora": 74_883,
        "adapter": 95_000,
        "full": 22_714_371,
    }.items()
}
COMPARISON: dict[str, Any] = {
    "confidence": 0.9,
    "lora_minus_baseline": {"accuracy": {"difference": 0.179, "low": 0.164, "high": 0.195}},
    "baseline_minus_untrained": {"accuracy": {"difference": 0.181, "low": 0.16, "high": 0.2}},
}


def cells(markdown: str) -> dict[str, list[str]]:
    """Rows of a Markdown table by their first cell."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in markdown.splitlines()]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}


def test_markdown_has_a_row_for_each_method_by_trained_parameters() -> None:
    found = cells(markdown_table(QUALITY, COST, COMPARISON))
    assert list(found)[2:] == [
        "untrained head",
        "trained head (baseline)",
        "LoRA",
        "adapters",
        "full fine-tuning",
    ]
    assert len({len(row) for row in found.values()}) == 1
    assert found["method"][3] == "accuracy minus trained head's, 90 % interval"
    assert found["LoRA"] == [
        *("**0.700**", "**0.713**", "**0.690**", "+0.179 [+0.164, +0.195]"),
        *("74,883", "**1:11:00**", "**143**", "**812 MiB**", "299.5 kB"),
    ]


def test_untrained_head_costs_nothing_and_lies_below_the_trained_one() -> None:
    found = cells(markdown_table(QUALITY, COST, COMPARISON))
    assert found["untrained head"][3:] == ["-0.181 [-0.200, -0.160]", *["–"] * 5]
    assert found["trained head (baseline)"][3:5] == ["–", "**1,155**"]


def test_values_that_read_alike_are_bold_together() -> None:
    found = cells(markdown_table(QUALITY, COST, COMPARISON))
    accuracies = [row[0] for row in found.values()]
    assert [text for text in accuracies if "**" in text] == ["**0.700**", "**0.700**"]


def test_unknown_method_is_called_by_its_name() -> None:
    name = "my[bold]|method"
    quality, cost = {**QUALITY, name: QUALITY["full"]}, {**COST, name: COST["full"]}
    markdown = markdown_table(quality, cost, COMPARISON)
    assert r"my[bold]\|method" in cells(markdown)
    assert name in _printed(table(quality, cost, COMPARISON), width=160)


def test_a_baseline_that_trained_nothing_is_not_called_trained() -> None:
    cost = {**COST, "baseline": {**COST["untrained"]}}
    found = cells(markdown_table(QUALITY, cost, COMPARISON))
    assert list(found)[2:4] == ["untrained head", "head left untrained (baseline)"]


def test_table_shows_the_same_as_markdown() -> None:
    printed = _printed(table(QUALITY, COST, COMPARISON), width=160)
    for name, row in cells(markdown_table(QUALITY, COST, COMPARISON)).items():
        for text in [name, *row]:
            if text in ("untrained head", "LoRA", "adapters") or text[0].isdigit():
                assert text in printed


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_is_cut_off_in_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    _write(tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_table(tmp_path)
    printed = capsys.readouterr().out
    assert "…" not in printed
    for text in ("full fine-tuning", "22,714,371", "+0.179 [+0.164, +0.195]", "1:11:00"):
        assert text in printed


def test_table_needs_only_the_metrics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path)
    print_table(tmp_path, markdown=True)
    assert capsys.readouterr().out == markdown_table(QUALITY, COST, COMPARISON)
    print_table(tmp_path)
    assert "trained head (baseline)" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["quality", "cost", "comparison"])
def test_a_missing_file_names_the_cure(tmp_path: Path, name: str) -> None:
    _write(tmp_path)
    (tmp_path / f"{name}.json").unlink()
    with pytest.raises(UserError, match=rf"{name}\.json is missing: run `dvc repro`"):
        print_table(tmp_path)


def _write(folder: Path) -> None:
    for name, content in {"quality": QUALITY, "cost": COST, "comparison": COMPARISON}.items():
        write_json(folder / f"{name}.json", content)


def _printed(drawn: Any, width: int) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(drawn)
    return capture.get()


def test_a_head_left_untrained_is_not_called_trained() -> None:
    cost = {**COST, "baseline": {**COST["baseline"], "trainable_parameters": 0}}
    same = {"accuracy": {"difference": 0.0, "low": 0.0, "high": 0.0}}
    comparison = {"confidence": 0.95, "baseline_minus_untrained": same}
    text = markdown_table(QUALITY, cost, comparison)
    assert "accuracy minus untrained head's" in text
    assert "head left untrained (baseline)" in text
    assert "-0.000" not in text
