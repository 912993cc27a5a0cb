"""Contenders take turns in processes of their own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import ablation
from benchmarks.contenders import Entry
from benchmarks.plan import KINDS, Cell, Contender, Plan, speed_contenders
from benchmarks.results import figures, gains
from benchmarks.rounds import alternate, measure, turns
from benchmarks.sample import Sample
from benchmarks.worker import Worker
from tests.tiny import write_tweeteval
from textune.errors import UserError
from textune.params import Params

MakeParams = Callable[..., Params]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tweeteval(tmp_path / "own", {"train": 60, "val": 12, "test": 15})


def one_cell(params: Params) -> Plan:
    return Plan([Cell(params.model.name, "lora")], rounds=1, examples=16, study_examples=16)


def test_contenders_take_turns_and_another_begins_each_round() -> None:
    order: list[str] = []

    def turn(contender: str) -> float:
        order.append(contender)
        return len(order)

    assert alternate(["a", "b", "c"], 2, turn) == {"a": [1, 6], "b": [2, 4], "c": [3, 5]}
    assert order == ["a", "b", "c", "b", "c", "a"]


@pytest.mark.slow
def test_workers_measure_a_cell(tiny_params: MakeParams, folder: Path) -> None:
    params = tiny_params()
    plan, contenders = one_cell(params), {"lora": speed_contenders(params)}
    ticks: list[str] = []
    speeds = measure(plan, contenders, params, folder, ticks.append)
    assert len(ticks) == turns(plan, contenders) == 1 + 4 * 2
    assert [speed.contender for speed in speeds] == list(KINDS)
    for speed in speeds:
        assert speed.examples_per_second > 0
        assert (speed.peak_memory_mib is None) == (speed.contender == "roofline")
        assert speed.peak_memory_mib is None or 100 < speed.peak_memory_mib < 4000
    assert [result.contender for result in figures(speeds)] == list(KINDS)


@pytest.mark.slow
def test_gains_of_real_rounds(tiny_params: MakeParams, folder: Path) -> None:
    params = tiny_params()
    contenders = {"lora": ablation.contenders(params, "lora")}
    speeds = measure(one_cell(params), contenders, params, folder, lambda description: None)
    results = gains(speeds)
    assert [result.piece for result in results] == [
        "batches of like length",
        "first token only",
        "cheap dropout masks",
        "attention written out",
    ]
    for result in results:
        ratio = result.examples_per_second / result.examples_per_second_without
        assert result.gain == pytest.approx(ratio, abs=0.01)


@pytest.mark.slow
def test_a_mistake_in_a_worker_is_reported(tiny_params: MakeParams, folder: Path) -> None:
    params = tiny_params(lora={"target_modules": ["nothing"]})
    contenders = {"lora": [Contender("textune", "textune", params)]}
    with pytest.raises(UserError, match="target_modules"):
        measure(one_cell(params), contenders, params, folder, lambda description: None)


def test_a_process_that_dies_is_reported(tiny_params: MakeParams, tmp_path: Path) -> None:
    params = tiny_params()
    entry = Entry(
        Contender("textune", "textune", params), "lora", Sample(tmp_path, params.model, 1.0), 1
    )
    with Worker(entry) as worker, pytest.raises(UserError, match="died; is memory short"):
        worker._call(os._exit, 137)
