"""The stages of the pipeline side by side: `dvc repro` for each, once what it needs is done.

DVC itself allows that: it holds its lock only before and after a stage's command, and guards the
stage's files in between. What is left to do here is the order, and the room on a GPU.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from textune.errors import FailedError, UserError
from textune.params import read_params
from textune.scaling.room import Room
from textune.scaling.trial import SIDE_BY_SIDE, reason_in

# Of DVC, after every stage.
_HINTS = ("Generating lock file", "Updating lock file", "Use `dvc push`")


@dataclass(frozen=True)
class Plan:
    """The stages in DVC's order; of each what it waits for, and whether it is out of date."""

    stages: Sequence[str]
    upstream: Mapping[str, frozenset[str]]
    changed: frozenset[str]


class Workers(Protocol):
    """What runs up to `number` stages at a time."""

    number: int

    def start(self, stage: str) -> Future[str | None]:
        """The future is why the stage failed, or None."""


@dataclass
class Progress:
    """What has become of the stages.

    done: up to date; ran: those that were not before; failed: by name, why; skipped: by name, the
    failed stage that they wait for.
    """

    done: set[str] = field(default_factory=set)
    ran: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def is_over(self, stage: str) -> bool:
        return stage in self.done or stage in self.failed or stage in self.skipped


def repro(jobs: int, targets: Sequence[str] = ()) -> None:
    """What `dvc repro` does, with up to `jobs` stages at a time; the same lock, cache and metrics.

    targets: these stages and what they need; without, all. Raises `FailedError` at the end if
    stages failed; those that do not need them are done.
    """
    start, room = time.monotonic(), Room.of_this_machine(read_params().train.device)
    plan, before = plan_of(targets), _names_in_lock()
    with _dvc_processes(jobs) as workers:
        progress = run_plan(plan, workers, room)
    _restore_order([*before, *plan.stages])
    if progress.failed:
        reasons = [f"{name} failed: {output}" for name, output in progress.failed.items()]
        left_out = [f"{name} waits for {cause}" for name, cause in progress.skipped.items()]
        raise FailedError("; ".join([*reasons, *left_out]))
    minutes = (time.monotonic() - start) / 60
    print(f"{len(progress.ran)} of {len(plan.stages)} stages ran, in {minutes:.1f} minutes")
    # Nothing is left to do for it, or something is wrong here.
    subprocess.run([sys.executable, "-m", "dvc", "repro", *targets], check=True)


def plan_of(targets: Sequence[str] = ()) -> Plan:
    """What is to be done in the workspace. Raises `UserError` if that is no project of DVC."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.repo.reproduce import get_active_graph, plan_repro

    try:
        with Repo() as repo, repo.lock:
            wanted = [
                stage for name in targets or ["dvc.yaml"] for stage in repo.stage.collect(name)
            ]
            graph = get_active_graph(repo.index.graph)
            # A file that `dvc add` tracks is no stage; nothing waits for it.
            stages = [one for one in plan_repro(graph, wanted) if not one.is_data_source]
            names = {one: one.addressing for one in stages}
            return Plan(
                stages=list(names.values()),
                upstream={
                    names[one]: frozenset(
                        names[two] for two in graph.successors(one) if two in names
                    )
                    for one in stages
                },
                changed=frozenset(names[one] for one in stages if one.changed()),
            )
    except DvcException as error:
        raise UserError(f"DVC: {error}") from None


def run_plan(plan: Plan, workers: Workers, room: Room) -> Progress:
    """Run what is out of date, each stage once all that it needs is done."""
    progress = Progress()
    waiting = list(plan.stages)
    running: dict[Future[str | None], str] = {}
    while waiting or running:
        for stage in list(waiting):
            if any(not progress.is_over(one) for one in plan.upstream[stage]):
                continue
            lost = [one for one in sorted(plan.upstream[stage]) if one not in progress.done]
            if lost:
                progress.skipped[stage] = progress.skipped.get(lost[0], lost[0])
            elif stage not in plan.changed and progress.ran.isdisjoint(plan.upstream[stage]):
                progress.done.add(stage)
            elif len(running) < workers.number and room.take(stage):
                print(f"{stage} starts", flush=True)
                running[workers.start(stage)] = stage
            else:
                continue
            waiting.remove(stage)
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            stage = running.pop(future)
            room.give_back(stage)
            if (reason := future.result()) is None:
                progress.done.add(stage)
                progress.ran.add(stage)
            else:
                progress.failed[stage] = reason
    return progress


class _DvcProcesses:
    """Processes of `dvc repro`; what they print has the stage's name in front."""

    def __init__(self, number: int, pool: ThreadPoolExecutor) -> None:
        self.number = number
        self._pool = pool
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[str]] = set()
        self._ended = False

    def start(self, stage: str) -> Future[str | None]:
        return self._pool.submit(self._repro, stage)

    def end(self) -> None:
        """Tell all to end as Ctrl-C does: a training keeps where it was."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                os.killpg(process.pid, signal.SIGINT)

    def _repro(self, stage: str) -> str | None:
        command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item", stage]
        start = time.monotonic()
        with self._lock:
            if self._ended:
                return "told to end"
            process = subprocess.Popen(
                command,
                env={**os.environ, **({} if self.number == 1 else SIDE_BY_SIDE)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._processes.add(process)
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            if line.strip() and not line.startswith(_HINTS):
                lines.append(line.strip())
                print(f"{stage}: {line.rstrip()}", flush=True)
        process.wait()
        with self._lock:
            self._processes.discard(process)
        if process.returncode:
            return reason_in("\n".join(lines))
        print(f"{stage} is done, in {time.monotonic() - start:.0f} s", flush=True)
        return None


@contextmanager
def _dvc_processes(jobs: int) -> Iterator[_DvcProcesses]:
    with ThreadPoolExecutor(jobs) as pool:
        workers = _DvcProcesses(jobs, pool)
        try:
            yield workers
        except BaseException:
            workers.end()
            raise


def _names_in_lock() -> list[str]:
    from dvc.utils.serialize import load_yaml

    return list(load_yaml("dvc.lock")["stages"]) if Path("dvc.lock").is_file() else []


def _restore_order(names: Sequence[str]) -> None:
    """New stages stand in dvc.lock as they were done; DVC's order is that of the plan."""
    from dvc.utils.serialize import modify_yaml

    if not Path("dvc.lock").is_file():
        return
    place = {name: number for number, name in reversed(list(enumerate(names)))}
    with modify_yaml("dvc.lock") as lock:
        lock["stages"] = dict(
            sorted(lock["stages"].items(), key=lambda one: place.get(one[0], len(names)))
        )
