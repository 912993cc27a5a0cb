"""Ray, which is imported for a sweep only: places for trials, on whatever nodes there are."""

import math
import os
from collections.abc import Iterator
from typing import Any

from textune.errors import FailedError, UserError
from textune.scaling import trial as trial_module
from textune.scaling.trial import Place, Result, Trial

# How often a trial is tried again whose worker was lost.
_RETRIES = 3


class Cluster:
    """A cluster of Ray, or one that is started here; a context.

    address: None is `$RAY_ADDRESS`, else here; cpus, gpus: what a trial takes of a node. Raises
    `UserError` without Ray, or if no trial fits, and `FailedError` if nobody answers.
    """

    def __init__(self, address: str | None, cpus: float, gpus: float) -> None:
        try:
            import ray
            from ray import cloudpickle
        except ImportError:
            raise UserError(
                "textune sweep needs Ray: run `make install`, or pip install 'textune[cluster]'"
            ) from None
        self._ray: Any = ray
        self._wanted = {"CPU": cpus, "GPU": gpus}
        where = address or os.environ.get("RAY_ADDRESS")
        alone: dict[str, Any] = {} if where else {"include_dashboard": False}
        try:
            ray.init(where, configure_logging=False, log_to_driver=False, **alone)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise FailedError(f"Ray at {where or 'this machine'}: {reason}") from None
        cloudpickle.register_pickle_by_value(trial_module)
        self._task = ray.remote(trial_module.run_trial).options(
            num_cpus=cpus, num_gpus=gpus, max_retries=_RETRIES
        )

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *error: object) -> None:
        self._ray.shutdown()

    @property
    def places(self) -> int:
        """How many trials run at a time. Raises `UserError` if none fits."""
        total = self._ray.cluster_resources()
        taken = [(total.get(key, 0), amount) for key, amount in self._wanted.items() if amount]
        fit = min((there / amount for there, amount in taken), default=total.get("CPU", 1))
        if fit < 1:
            raise UserError(
                f"a trial takes {self._wanted['CPU']:g} CPUs and {self._wanted['GPU']:g} GPUs, but"
                f" Ray has {total.get('CPU', 0):g} and {total.get('GPU', 0):g}: lower --cpus or"
                " --gpus"
            )
        return math.floor(fit)

    def run(self, trials: Iterator[Trial], repository: bytes, place: Place) -> Iterator[Result]:
        """The results as they come. The next trial is asked for when there is a place for it.

        repository: a git bundle. A trial whose worker is lost is tried again on another.
        """
        shared, places = self._ray.put(repository), self.places
        running: dict[Any, Trial] = {}
        while True:
            while len(running) < places and (trial := next(trials, None)) is not None:
                running[self._task.remote(trial, shared, place)] = trial
            if not running:
                return
            (done,), _ = self._ray.wait(list(running), num_returns=1)
            name = running.pop(done).name
            try:
                yield self._ray.get(done)
            except self._ray.exceptions.RayError as error:
                yield Result(name, None, " ".join(str(error).split()), 0.0, "a lost node")
