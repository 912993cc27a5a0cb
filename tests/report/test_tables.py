"""Tables and sentences, from a comparison and costs alone."""

import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.fake_runs import load, settings, write_run
from tests.report.fake_comparison import (
    COSTS,
    FIXED_MODELS,
    TITLES,
    compared,
    method,
    pair,
)
from textune.config.base import UNTRAINED
from textune.errors import UserError
from textune.io import read_json, write_json
from textune.report.advice import recommendation
from textune.report.tables import (
    explanation,
    methods_table,
    pairs_table,
    print_table,
    read_results,
)
from textune.report.writing import write_results
from textune.stats.comparison_file import write_comparison
from textune.stats.results import Comparison, Verdict


def cells(markdown: str) -> dict[str, list[str]]:
    """Rows of a Markdown table by their first cell."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in markdown.splitlines()]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}


def methods_of(comparison: Comparison, costs: Any = COSTS) -> dict[str, list[str]]:
    return cells(methods_table(comparison, costs).markdown())


def pairs_of(comparison: Comparison, costs: Any = COSTS) -> dict[str, list[str]]:
    return cells(pairs_table(comparison).markdown())


def test_a_row_for_each_method_in_the_declared_order_without_the_untrained_head() -> None:
    rows = methods_of(compared())
    assert list(rows)[2:] == [title for name, title in TITLES.items() if name != UNTRAINED]
    assert len({len(row) for row in rows.values()}) == 1
    assert rows["method"] == [
        *("accuracy, 90 % interval", "macro recall, 90 % interval", "macro F1, 90 % interval"),
        *("trained parameters", "training time", "examples/s", "peak memory", "size on disk"),
    ]
    assert rows["LoRA"] == [
        *["**0.700 [0.690, 0.710]**"] * 3,
        *("74,883", "**1:11:00**", "**143**", "**812 MiB**", "299.5 kB"),
    ]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0:00:00"), (59.6, "0:01:00"), (3_599.4, "0:59:59"), (90_061, "1 day, 1:01:01")],
)
def test_training_time_is_hours_minutes_seconds(seconds: float, told: str) -> None:
    costs = {**COSTS, "lora": {**COSTS["lora"], "train_seconds": seconds}}
    assert methods_of(compared(), costs)["LoRA"][4].strip("*") == told


def test_the_best_of_a_cost_is_the_least_but_of_speed_the_most() -> None:
    changes = {"train_seconds": 60.0, "examples_per_second": 1234.5, "peak_memory_mib": 1773.4}
    costs = {**COSTS, "full": {**COSTS["full"], **changes}}
    rows = methods_of(compared(), costs)
    assert rows["full fine-tuning"][3:] == [
        *("22,714,371", "**0:01:00**", "**1,234**", "1,773 MiB", "90.9 MB")
    ]
    assert rows["trained head (baseline)"][3:] == [
        *("**1,155**", "1:11:00", "143", "**812 MiB**", "**4.6 kB**")
    ]


def test_values_that_read_alike_are_bold_together() -> None:
    rows = methods_of(compared())
    assert [name for name, row in rows.items() if "**" in row[0]] == ["LoRA", "adapters"]


def test_a_row_for_each_pair_with_both_questions() -> None:
    rows = pairs_of(compared())
    assert rows["pair"] == [
        "accuracy, difference",
        "fixed models, 90 % interval",
        "p (Holm)",
        "over seeds, 90 % interval",
        "p (Holm)",
        "smallest detectable",
        "verdict, over seeds",
    ]
    assert rows["LoRA minus trained head (baseline)"] == [
        *("+0.179", "[+0.164, +0.194]", "< 0.001", "[+0.159, +0.199]", "< 0.001"),
        *("0.041", "better"),
    ]
    assert rows["adapters minus LoRA"][0] == "+0.000"
    assert rows["adapters minus LoRA"][-1] == "not distinguishable"


def test_an_interval_shows_on_which_side_of_0_it_ends() -> None:
    close = pair("adapter", "lora", 0.0198, Verdict.NOT_DISTINGUISHABLE)
    rows = pairs_of(compared(pairs=[close]))
    assert rows["adapters minus LoRA"][3].startswith("[-0.000,")


def test_one_seed_leaves_the_question_over_seeds_open() -> None:
    rows = pairs_of(compared(FIXED_MODELS))
    assert rows["adapters minus LoRA"][3:5] == ["–", "–"]
    assert rows["adapters minus LoRA"][5] == "0.023"
    assert rows["pair"][-1] == "verdict, fixed models"
    assert rows["LoRA minus trained head (baseline)"][-1] == "better"
    assert methods_of(compared(FIXED_MODELS))["LoRA"][0] == "**0.700 [0.690, 0.710]**"


def test_the_explanation_names_the_question_and_the_decision() -> None:
    assert explanation(compared(FIXED_MODELS)).startswith("Fixed models: would these trained")
    assert explanation(compared()).startswith("Over seeds: would newly trained models")
    assert "3 seeds and 12,284 test examples" in explanation(compared())
    assert "macro recall" not in explanation(compared())
    assert "suits macro recall" in explanation(compared(decision="balanced"))


def test_small_classes_are_a_warning() -> None:
    assert "fewer than" not in explanation(compared())
    told = explanation(compared(small_classes=["🙂", "b", "c", "d", "e", "f", "g"]))
    assert "fewer than 100 examples of 🙂, b, c, d, e and 2 more: macro recall and macro F1" in told


def test_seeds_that_were_added_until_something_showed_are_warned_of() -> None:
    assert "not added until something showed" in explanation(compared())
    assert "not added" not in explanation(compared(planned_seeds=[3, 5]))


def test_titles_are_shown_as_they_are() -> None:
    title = "my[bold]|method"
    comparison = compared(methods=[*compared().methods, method("own", title, 0.5)])
    grid = methods_table(comparison, {**COSTS, "own": COSTS["full"]})
    assert r"my[bold]\|method" in cells(grid.markdown())
    assert title in _printed(grid.drawn(), width=160)


def test_names_and_titles_like_keys_go_from_runs_to_tables(
    variants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`y_minus_z` and `lora_all` beside `lora`, through the files."""
    rows = pairs_of(read_results(variants), read_json(variants / "cost.json"))
    assert len(rows) == 2 + 10
    assert "LoRA, all linear layers minus LoRA" in rows
    assert "<b>own minus LoRA" in rows
    assert "full fine-tuning minus <b>own" in rows
    print_table(variants)
    printed = capsys.readouterr().out
    assert "LoRA, all linear layers" in printed
    assert "<b>own" in printed


def test_a_head_left_untrained_is_called_so(tmp_path: Path) -> None:
    """By `tune: none` the baseline has no trained parameter, and the row of all starts stays."""
    write_run(tmp_path / "models", "baseline", 0, skill=0.0, trainable=0)
    write_run(tmp_path / "models", "lora", 0, skill=1.0, trainable=74_883)
    titles = {"baseline": "frozen head", "lora": "LoRA"}
    runs = load(tmp_path / "models", [0], ["lora", "baseline"], titles=titles)
    write_results(runs, settings(), tmp_path / "metrics")
    comparison = read_results(tmp_path / "metrics")
    costs = read_json(tmp_path / "metrics/cost.json")
    shown = list(methods_of(comparison, costs))[2:]
    assert shown == ["LoRA", "frozen head, left untrained"]
    assert "frozen head, left untrained minus LoRA" in pairs_of(comparison)
    curves = (tmp_path / "metrics/curves/loss.csv").read_text()
    assert '"frozen head, left untrained",1,' in curves


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_nothing_is_cut_off_in_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    _write(tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_table(tmp_path)
    printed = capsys.readouterr().out
    assert "…" not in printed
    shown = ("full fine-tuning", "22,714,371", "[+0.164, +0.194]", "1:11:00", "not distinguishable")
    for text in shown:
        assert text in printed


def test_table_needs_only_the_metrics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path)
    print_table(tmp_path, markdown=True)
    markdown = capsys.readouterr().out
    for grid in (methods_table(compared(), COSTS), pairs_table(compared())):
        assert grid.markdown() in markdown
    assert explanation(compared()) in markdown
    assert recommendation(compared()) in markdown
    print_table(tmp_path)
    printed = capsys.readouterr().out
    assert "trained head (baseline)" in printed
    assert "Settled: use LoRA" in printed


@pytest.mark.parametrize("name", ["cost", "comparison"])
def test_a_missing_file_names_the_cure(tmp_path: Path, name: str) -> None:
    _write(tmp_path)
    (tmp_path / f"{name}.json").unlink()
    with pytest.raises(UserError, match=rf"{name}\.json is missing: run `dvc repro`"):
        print_table(tmp_path)


def _write(folder: Path) -> None:
    write_json(folder / "cost.json", COSTS)
    write_comparison(folder / "comparison.json", compared())


def _printed(drawn: Any, width: int) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(drawn)
    return capture.get()
