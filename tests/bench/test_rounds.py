"""Turns, workers, and what becomes of their figures."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.tiny import write_tweeteval
from textune.bench.plan import CONTENDERS, Cell, Plan
from textune.bench.rounds import Speed, alternate, measure, turns
from textune.bench.table import rows, table, write_rows
from textune.errors import UserError
from textune.params import Params

MakeParams = Callable[..., Params]
KEYS = {
    "model",
    "method",
    "contender",
    "tweets_per_second",
    "tokens_per_second",
    "ratio_to_study",
    "ratio_to_expert",
    "share_of_roofline",
    "peak_memory_mib",
}


def test_contenders_take_turns_and_another_begins_each_round() -> None:
    order: list[str] = []

    def turn(contender: str) -> float:
        order.append(contender)
        return len(order)

    assert alternate(["a", "b", "c"], 2, turn) == {"a": [1, 6], "b": [2, 4], "c": [3, 5]}
    assert order == ["a", "b", "c", "b", "c", "a"]


def speeds() -> list[Speed]:
    cell = Cell("minilm", "lora")
    found = {"study": [10, 12, 11], "expert": [99, 100, 101], "textune": [150, 140, 154]}
    memory = {"study": 1500.4, "expert": 1400.0, "textune": 1300.0}
    return [
        *(Speed(cell, name, list(map(float, r)), 30.0, memory[name]) for name, r in found.items()),
        Speed(cell, "roofline", [300.0, 310.0, 290.0], 30.0, None),
    ]


def test_rows_have_medians_and_ratios(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.json", rows(speeds()))
    found = json.loads((tmp_path / "rows.json").read_text())
    assert [row["contender"] for row in found] == list(CONTENDERS)
    assert all(row.keys() >= KEYS for row in found)
    own = found[2]
    assert own["tweets_per_second"] == 150
    assert own["tokens_per_second"] == 4500
    assert own["ratio_to_study"] == pytest.approx(150 / 11, abs=0.001)
    assert own["ratio_to_expert"] == 1.5
    assert own["share_of_roofline"] == 0.5
    assert (own["tweets_per_second_low"], own["tweets_per_second_high"]) == (140, 154)
    assert found[0]["peak_memory_mib"] == 1500
    assert found[3]["peak_memory_mib"] is None


def test_the_table_shows_the_rows() -> None:
    text = StringIO()
    Console(file=text, width=120).print(table(rows(speeds())))
    line = next(line for line in text.getvalue().splitlines() if "textune" in line)
    assert line.split() == [
        "textune",
        "150.0",
        "140.0–154.0",
        "4,500",
        "13.64",
        "1.50",
        "50%",
        "1,300",
    ]


def test_workers_measure_a_cell(
    tiny_params: MakeParams, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    write_tweeteval(tmp_path / "own", {"train": 30, "val": 12, "test": 15})
    params = tiny_params()
    plan = Plan([Cell(str(tiny_models["bert"]), "lora")], rounds=1, rows=16, study_rows=16)
    ticks: list[str] = []
    found = measure(plan, params, tmp_path / "own", ticks.append)
    assert len(ticks) == turns(plan)
    assert [speed.contender for speed in found] == list(CONTENDERS)
    for speed in found:
        assert speed.tweets_per_second > 0
        assert (speed.peak_memory_mib is None) == (speed.contender == "roofline")
        assert speed.peak_memory_mib is None or 100 < speed.peak_memory_mib < 4000


def test_a_mistake_in_a_worker_is_told(
    tiny_params: MakeParams, tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    write_tweeteval(tmp_path / "own", {"train": 30, "val": 12, "test": 15})
    params = tiny_params(lora={"target_modules": ["nothing"]})
    plan = Plan([Cell(str(tiny_models["bert"]), "lora")], rounds=1, rows=16, study_rows=16)
    with pytest.raises(UserError, match=r"lora\.target_modules"):
        measure(plan, params, tmp_path / "own", lambda doing: None)
