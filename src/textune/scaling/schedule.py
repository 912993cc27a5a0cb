"""The order of stages that run side by side: each once what it needs is done."""

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Protocol

from textune.scaling.room import Room


@dataclass(frozen=True)
class Plan:
    """The stages in DVC's order; of each what it waits for, and whether it is out of date.

    together: stages that may run in one process, by what they have in common.
    """

    stages: Sequence[str]
    upstream: Mapping[str, frozenset[str]]
    changed: frozenset[str]
    together: Mapping[str, str] = field(default_factory=dict)


class Workers(Protocol):
    """What runs up to `number` jobs at a time, each of one stage or several that run together."""

    number: int

    def start(self, stages: Sequence[str]) -> Future[str | None]:
        """The future is why the stages failed, or None."""


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


def run_plan(plan: Plan, workers: Workers, room: Room) -> Progress:
    """Run what is out of date, each stage once all that it needs is done."""
    progress = Progress()
    waiting = list(plan.stages)
    running: dict[Future[str | None], list[str]] = {}

    def is_to_run(stage: str) -> bool:
        return stage in plan.changed or not progress.ran.isdisjoint(plan.upstream[stage])

    def job_of(stage: str) -> list[str]:
        """The stage with those that run together with it: they wait for the same stages."""
        shared = plan.together.get(stage)
        others = [one for one in waiting if shared and plan.together.get(one) == shared]
        return [stage, *(one for one in others if one != stage and is_to_run(one))]

    while waiting or running:
        for stage in list(waiting):
            if stage not in waiting or not all(map(progress.is_over, plan.upstream[stage])):
                continue
            job = [stage]
            lost = [one for one in sorted(plan.upstream[stage]) if one not in progress.done]
            if lost:
                progress.skipped[stage] = progress.skipped.get(lost[0], lost[0])
            elif not is_to_run(stage):
                progress.done.add(stage)
            elif len(running) < workers.number and room.take(job := job_of(stage)):
                print(f"{', '.join(job)} start{'s' if len(job) == 1 else ''}", flush=True)
                running[workers.start(job)] = job
            else:
                continue
            waiting = [one for one in waiting if one not in job]
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            job, reason = running.pop(future), future.result()
            room.give_back(job)
            if reason is None:
                progress.done.update(job)
                progress.ran.update(job)
            else:
                progress.failed |= dict.fromkeys(job, reason)
    return progress
