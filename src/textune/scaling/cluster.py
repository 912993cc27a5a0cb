"""Ray, which is imported for a sweep only: places for trials, on whatever nodes there are."""

import os
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from textune.errors import FailedError, UserError
from textune.interrupts import Pending
from textune.scaling import trial as trial_module
from textune.scaling.trial import Place, Result, Trial

# How often a trial is tried again whose worker was lost.
_RETRIES = 3
# The node of a result that none has come from.
LOST = "a lost node"
# Seconds until a cluster should answer, and between two looks whether Ctrl-C was pressed.
_PATIENCE, _LOOK_EVERY = 10, 1


def connected(address: str | None, **options: Any) -> Any:
    """The module ray, connected to the cluster at `address`: None is `$RAY_ADDRESS`, else here.

    options: of ray.init. Raises `UserError` without Ray, and `FailedError` if nobody answers.
    """
    where = address or os.environ.get("RAY_ADDRESS")
    _require_answer(where)
    # Ray reads the environment when it is imported. It would send its makers what it is used for.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not where:
        options["include_dashboard"] = False
        # What Ray does anyway, but it would tell how to turn it off.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
    except ImportError:
        raise UserError(
            "sweeps need Ray: run `make install`, or pip install 'textune[cluster]'"
        ) from None
    try:
        # Without an address Ray would join a cluster that happens to run on this machine.
        ray.init(where or "local", configure_logging=False, log_to_driver=False, **options)
    except (ConnectionError, RuntimeError, ValueError, ImportError) as error:
        reason = " ".join(str(error).split())
        raise FailedError(
            f"Ray at {where or 'this machine'}: {reason} (with its token authentication, this"
            " machine needs ~/.ray/auth_token of the head and RAY_AUTH_MODE=token)"
        ) from None
    return ray


class Cluster:
    """A cluster of Ray, or one that is started here; a context.

    address: see `connected`; cpus, gpus: what a trial takes of a node. Raises `UserError` if no
    node has that.
    """

    def __init__(self, address: str | None, cpus: float, gpus: float) -> None:
        self._ray = connected(address)
        from ray import cloudpickle

        self._wanted = {"CPU": cpus, "GPU": gpus}
        require_place(self._ray, self._wanted, "lower --cpus or --gpus")
        cloudpickle.register_pickle_by_value(trial_module)
        self._task = self._ray.remote(trial_module.run_trial).options(
            num_cpus=cpus, num_gpus=gpus, max_retries=_RETRIES
        )

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *error: object) -> None:
        self._ray.shutdown()

    @property
    def places(self) -> int:
        """How many trials run at a time now. 0: their nodes are gone."""
        return places(self._ray, self._wanted)

    def run(
        self, trials: Iterator[Trial], repository: bytes, place: Place, pending: Pending
    ) -> Iterator[Result]:
        """The results as they come. The next trial is asked for when there is a place for it.

        repository: a git bundle; pending: raises here if there was a signal, which Ray would lose.
        A trial whose worker is lost is tried again on another.
        """
        shared = self._ray.put(repository)
        running: dict[Any, Trial] = {}
        try:
            while True:
                # Nodes come and go.
                while len(running) < max(1, self.places):
                    if (trial := next(trials, None)) is None:
                        break
                    running[self._task.remote(trial, shared, place)] = trial
                if not running:
                    return
                done, _ = self._ray.wait(list(running), num_returns=1, timeout=_LOOK_EVERY)
                pending.stop()
                for one in done:
                    yield self._result(one, running.pop(one))
        finally:
            self._cancel(list(running))

    def _result(self, done: Any, trial: Trial) -> Result:
        try:
            result: Result = self._ray.get(done)
        except self._ray.exceptions.RayError as error:
            return Result(trial.name, None, " ".join(str(error).split()), 0.0, LOST)
        return result

    def _cancel(self, running: list[Any]) -> None:
        """Have trials that run end and remove their clones."""
        for one in running:
            self._ray.cancel(one)
        if running:
            self._ray.wait(running, num_returns=len(running), timeout=_PATIENCE)


def places(ray: Any, wanted: Mapping[str, float]) -> int:
    """How many tasks that take so much, by name of the resource, the nodes have place for."""
    asked = {key: amount for key, amount in wanted.items() if amount} or {"CPU": 1.0}
    return sum(
        min(int(node["Resources"].get(key, 0) // amount) for key, amount in asked.items())
        for node in ray.nodes()
        if node["Alive"]
    )


def require_place(ray: Any, wanted: Mapping[str, float], cure: str) -> None:
    """Raise `UserError` with a cure if no node has place for a task: Ray would wait for one."""
    if not places(ray, wanted):
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        there = ", ".join(
            f"{one.get('CPU', 0):g} CPUs and {one.get('GPU', 0):g} GPUs" for one in nodes
        )
        raise UserError(
            f"no node has {wanted['CPU']:g} CPUs and {wanted['GPU']:g} GPUs (there are {there}):"
            f" {cure}"
        )


def _require_answer(address: str | None) -> None:
    """Raise `FailedError` at once if nobody listens at HOST:PORT; Ray would try for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except OSError as error:
        raise FailedError(
            f"nobody answers at {address} ({error.strerror or error}): start Ray there with"
            " `ray start --head`, or give the address that it told"
        ) from None
