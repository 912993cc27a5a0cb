"""Stages side by side: in order, as many as wanted, and the rest goes on when one fails."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fake_runs import write_run
from textune.runs.record import read_record, write_record
from textune.runs.store import RunFolder
from textune.scaling.room import Room
from textune.scaling.schedule import Plan, run_plan

# a ─▶ b ─▶ d, a ─▶ c ─▶ d, and e alone.
PLAN = Plan(
    stages=["a", "b", "c", "d", "e"],
    upstream={
        "a": frozenset(),
        "b": frozenset("a"),
        "c": frozenset("a"),
        "d": frozenset("bc"),
        "e": frozenset(),
    },
    changed=frozenset("abcde"),
)


class Workers:
    """Stages that take a moment; some fail."""

    def __init__(self, number: int, failing: str = "") -> None:
        self.number = number
        self.order: list[str] = []
        self.jobs: list[list[str]] = []
        self.most = 0
        self._failing = failing
        self._running = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(number)

    def start(self, stages: Sequence[str]) -> Future[str | None]:
        return self._pool.submit(self._run, stages)

    def _run(self, stages: Sequence[str]) -> str | None:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        time.sleep(0.05)
        with self._lock:
            self._running -= 1
            self.order.extend(stages)
            self.jobs.append(list(stages))
        return "because" if any(stage in self._failing for stage in stages) else None


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_stage_waits_for_what_it_needs(jobs: int) -> None:
    workers = Workers(jobs)
    progress = run_plan(PLAN, workers, Room(None))
    assert progress.ran == set("abcde")
    place = workers.order.index
    assert place("a") < min(place("b"), place("c")) < place("d")
    assert min(jobs, 2) <= workers.most <= jobs


def test_what_needs_a_failed_stage_is_left_out_and_the_rest_goes_on() -> None:
    progress = run_plan(PLAN, Workers(2, failing="b"), Room(None))
    assert progress.failed == {"b": "because"}
    assert progress.skipped == {"d": "b"}
    assert progress.ran == {"a", "c", "e"}


def test_an_unchanged_stage_is_looked_at_only_if_something_before_it_ran() -> None:
    workers = Workers(2)
    run_plan(Plan(PLAN.stages, PLAN.upstream, frozenset("c")), workers, Room(None))
    assert sorted(workers.order) == ["c", "d"]


def test_stages_with_something_in_common_run_together() -> None:
    together = {"b": "lora", "c": "lora", "e": "adapter"}
    workers = Workers(2)
    progress = run_plan(replace(PLAN, together=together), workers, Room(None))
    assert sorted(workers.jobs) == [["a"], ["b", "c"], ["d"], ["e"]]
    assert progress.ran == set("abcde")
    # Only what is out of date.
    workers = Workers(2)
    run_plan(replace(PLAN, together=together, changed=frozenset("ce")), workers, Room(None))
    assert sorted(workers.jobs) == [["c"], ["d"], ["e"]]
    # All that run together fail together.
    workers = Workers(2, failing="c")
    progress = run_plan(replace(PLAN, together=together), workers, Room(None))
    assert progress.failed == {"b": "because", "c": "because"}


def measured(run: RunFolder, peak_memory_mib: float) -> None:
    """Have the run say that it took so much of a GPU."""
    record = read_record(run.record)
    cost = record.cost.model_copy(update={"peak_memory_mib": peak_memory_mib})
    params = {**record.params, "train": {"device": "cuda"}}
    write_record(run.record, record.model_copy(update={"cost": cost, "params": params}))


def test_a_gpu_is_filled_by_what_was_measured(tmp_path: Path) -> None:
    measured(write_run(tmp_path, "lora", 0, skill=1, trainable=10), 4000)
    room = Room(18_000, tmp_path)
    # 4,000 MiB, a quarter more for the allocator, and 700 for CUDA: three fit.
    assert [room.take([f"train_lora@{seed}"]) for seed in range(4)] == [True, True, True, False]
    room.give_back(["train_lora@1"])
    assert room.take(["train_lora@3"])
    assert room.take(["evaluate"]), "which needs no GPU"
    # Nobody knows what it takes, so it runs alone.
    assert not room.take(["train_full@0"])
    for seed in (0, 2, 3):
        room.give_back([f"train_lora@{seed}"])
    assert room.take(["train_full@0"])
    assert not room.take(["train_lora@0"])
    room.give_back(["train_full@0"])
    # Three seeds together take three times as much.
    assert room.take(["train_lora@0", "train_lora@1", "train_lora@2"])
    assert not room.take(["train_lora@3"])
