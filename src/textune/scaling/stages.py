"""The stages of the pipeline side by side: `dvc repro` for each, once what it needs is done.

DVC itself allows that: it holds its lock only before and after a stage's command, and guards the
stage's files in between. What is left to do here is the order, and the room on a GPU.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from textune.errors import FailedError, UserError
from textune.modeling.methods.base import EncoderMethod
from textune.params import Params, read_params
from textune.scaling.room import Room
from textune.scaling.schedule import Plan, run_plan
from textune.scaling.workers import dvc_processes


def repro(jobs: int, targets: Sequence[str] = (), together: bool = False) -> None:
    """What `dvc repro` does, with up to `jobs` stages at a time; the same lock, cache and metrics.

    targets: these stages and what they need; without, all. together: the seeds of a method that
    trains over a frozen encoder share one; then sums, and so models, differ in the last digits.
    Raises `FailedError` at the end if stages failed; those that do not need them are done.
    """
    params = read_params()
    start, room = time.monotonic(), Room.of_this_machine(params.train.device)
    plan, before = plan_of(targets), _names_in_lock()
    if together:
        plan = replace(plan, together=_sharing(params, plan.stages))
    with dvc_processes(jobs) as workers:
        progress = run_plan(plan, workers, room)
    _restore_order([*before, *plan.stages])
    if progress.failed:
        reasons = [f"{name} failed: {output}" for name, output in progress.failed.items()]
        left_out = [f"left out: {', '.join(progress.skipped)}"] if progress.skipped else []
        raise FailedError("; ".join([*reasons, *left_out]))
    minutes = (time.monotonic() - start) / 60
    print(f"{len(progress.ran)} of {len(plan.stages)} stages ran, in {minutes:.1f} minutes")
    if progress.ran:
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


def _sharing(params: Params, stages: Sequence[str]) -> dict[str, str]:
    """Of the stages that train over a frozen encoder their method's section."""
    found: dict[str, str] = {}
    for stage in stages:
        name = stage.removeprefix("train_").partition("@")[0]
        if stage.startswith("train_") and name in params.methods:
            method = params.method(name)
            if isinstance(method, EncoderMethod) and method.trains_encoder:
                found |= {stage: name} if method.shares_encoder else {}
    return found


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
