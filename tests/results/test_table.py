import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from textune.errors import UserError
from textune.files import write_json
from textune.results.table import about, choice, methods, pairs, print_table

ACCURACY = {"untrained": 0.34, "baseline": 0.521, "lora": 0.7004, "adapter": 0.7001, "full": 0.693}
TRAINED = {
    "untrained": 0,
    "baseline": 1_155,
    "lora": 74_883,
    "adapter": 95_000,
    "full": 22_714_371,
}
COST = {
    name: {
        "trainable_parameters": trained,
        "total_parameters": 22_714_371,
        "training_flops": trained * 1e6,
        "train_seconds": 4260.0 if trained else 0.0,
        "tweets_per_second": 143.2 if trained else 0.0,
        "peak_memory_mib": 812.4 if trained else 0.0,
        "saved_bytes": trained * 4,
    }
    for name, trained in TRAINED.items()
}


def compared(question: str = "method", **choice: Any) -> dict[str, Any]:
    """As `comparison` writes it, of three methods' pairs."""
    about = ("models", "method") if question == "method" else ("models",)

    def score(mean: float) -> dict[str, Any]:
        return {"mean": mean, **{q: {"low": mean - 0.01, "high": mean + 0.01} for q in about}}

    def pair(difference: float, verdict: str) -> dict[str, Any]:
        answer = {"low": difference - 0.015, "high": difference + 0.016, "p": 0.01}
        answer |= {"p_holm": 0.0004 if verdict == "better" else 0.5, "smallest_detectable": 0.023}
        return {"difference": difference, "verdict": verdict, **dict.fromkeys(about, answer)}

    metrics = ("accuracy", "macro_recall", "macro_f1")
    found = {
        "lora_minus_baseline": pair(0.179, "better"),
        "adapter_minus_lora": pair(-0.0003, "not distinguishable"),
        "full_minus_lora": pair(-0.0074, "not distinguishable"),
    }
    return {
        "confidence": 0.9,
        "margin": 0.01,
        "metric": "accuracy",
        "question": question,
        "seeds": 3 if question == "method" else 1,
        "examples": 12_284,
        "methods": {m: dict.fromkeys(metrics, score(a)) for m, a in ACCURACY.items()},
        "pairs": {name: dict.fromkeys(metrics, one) for name, one in found.items()},
        "choice": choice
        or {
            "method": "lora",
            "best_on_validation": "adapter",
            "lora_minus_adapter": {"difference": 0.0003, "low": -0.004, "p_not_worse_holm": 0.0012},
        },
    }


def cells(markdown: str) -> dict[str, list[str]]:
    """Rows of a Markdown table by their first cell."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in markdown.splitlines()]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}


def test_a_row_for_each_method_by_trained_parameters() -> None:
    found = cells(methods(COST, compared()).markdown())
    assert list(found)[2:] == [
        "untrained head",
        "trained head (baseline)",
        "LoRA",
        "adapters",
        "full fine-tuning",
    ]
    assert len({len(row) for row in found.values()}) == 1
    assert found["method"][0] == "accuracy, 90 % interval"
    assert found["LoRA"] == [
        *["**0.700 [0.690, 0.710]**"] * 3,
        *("74,883", "**1:11:00**", "**143**", "**812 MiB**", "299.5 kB"),
    ]
    assert found["untrained head"][3:] == ["–"] * 5


def test_values_that_read_alike_are_bold_together() -> None:
    found = cells(methods(COST, compared()).markdown())
    assert [name for name, row in found.items() if "**" in row[0]] == ["LoRA", "adapters"]


def test_a_row_for_each_pair_with_both_questions() -> None:
    found = cells(pairs(COST, compared()).markdown())
    assert found["pair"][1:5] == [
        "these models, 90 % interval",
        "p (Holm)",
        "the method, 90 % interval",
        "p (Holm)",
    ]
    interval = "[+0.164, +0.195]"
    assert found["LoRA minus trained head (baseline)"] == [
        *("+0.179", interval, "< 0.001", interval, "< 0.001"),
        *("0.023", "better"),
    ]
    assert found["adapters minus LoRA"][0] == "+0.000"
    assert found["adapters minus LoRA"][-1] == "not distinguishable"


def test_an_interval_shows_on_which_side_of_0_it_ends() -> None:
    comparison = compared()
    comparison["pairs"]["adapter_minus_lora"]["accuracy"]["method"] |= {"low": -0.0002}
    assert cells(pairs(COST, comparison).markdown())["adapters minus LoRA"][3].startswith(
        "[-0.000,"
    )


def test_one_seed_leaves_the_methods_question_open() -> None:
    comparison = compared("models")
    found = cells(pairs(COST, comparison).markdown())
    assert found["adapters minus LoRA"][3:5] == ["–", "–"]
    text = about(comparison)
    assert "these trained models only" in text
    assert "(1 seed, 12,284 texts)" in text
    assert "another training with other seeds" in about(compared())
    assert "macro recall" not in about(compared())
    assert "suits macro recall" in about({**compared(), "decision": "balanced"})


def test_the_choice_says_why() -> None:
    assert choice(COST, compared()) == (
        "Use LoRA: of the methods whose accuracy is surely not more than 1 point below that of"
        " adapters, the best on validation, it trains the fewest parameters (difference +0.0, at"
        " least -0.4 points; p = 0.001)."
    )
    best = compared(method="full", best_on_validation="full")
    assert choice(COST, best).startswith("Use full fine-tuning: it is the best on validation, and")
    better = compared(method="full", best_on_validation="full", better_on_test="lora, adapter")
    assert choice(COST, better).endswith(
        "But on test LoRA and adapters did better than full fine-tuning."
    )
    assert choice(COST, compared("models")).startswith("Of these trained models, use LoRA: ")


def test_unknown_method_is_called_by_its_name() -> None:
    name = "my[bold]|method"
    comparison, cost = compared(), {**COST, name: COST["full"]}
    comparison["methods"][name] = comparison["methods"]["full"]
    grid = methods(cost, comparison)
    assert r"my[bold]\|method" in cells(grid.markdown())
    assert name in _printed(grid.drawn(), width=160)


def test_a_baseline_that_trained_nothing_is_not_called_trained() -> None:
    cost = {**COST, "baseline": {**COST["untrained"]}}
    found = cells(methods(cost, compared()).markdown())
    assert list(found)[2:4] == ["untrained head", "head left untrained (baseline)"]
    assert "LoRA minus head left untrained (baseline)" in cells(pairs(cost, compared()).markdown())


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
    shown = ("full fine-tuning", "22,714,371", "[+0.164, +0.195]", "1:11:00", "not distinguishable")
    for text in shown:
        assert text in printed


def test_table_needs_only_the_metrics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(tmp_path)
    print_table(tmp_path, markdown=True)
    markdown = capsys.readouterr().out
    for part in (methods(COST, compared()).markdown(), pairs(COST, compared()).markdown()):
        assert part in markdown
    assert choice(COST, compared()) in markdown
    print_table(tmp_path)
    printed = capsys.readouterr().out
    assert "trained head (baseline)" in printed
    assert "Use LoRA" in printed


@pytest.mark.parametrize("name", ["cost", "comparison"])
def test_a_missing_file_names_the_cure(tmp_path: Path, name: str) -> None:
    _write(tmp_path)
    (tmp_path / f"{name}.json").unlink()
    with pytest.raises(UserError, match=rf"{name}\.json is missing: run `dvc repro`"):
        print_table(tmp_path)


def _write(folder: Path) -> None:
    for name, content in {"cost": COST, "comparison": compared()}.items():
        write_json(folder / f"{name}.json", content)


def _printed(drawn: Any, width: int) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(drawn)
    return capture.get()
