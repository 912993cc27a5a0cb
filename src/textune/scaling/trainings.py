"""The trainings of a search on Ray's nodes: those that wait for no other run side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textune.data.tokenized import Prepared
from textune.interrupts import deferred
from textune.params import Params
from textune.pipeline.trial_training import trained
from textune.runs.tuning import Trial
from textune.scaling.cluster import connected

_CODE = Path(__file__).parents[1]


class OnRay:
    """Trainings on the cluster at `$RAY_ADDRESS`; a context.

    A training takes as many CPUs as it has threads here, since sums come out otherwise with others,
    and a GPU if `gpus` says so. What is found is what would be found here.
    """

    def __init__(self, params: Params, name: str, data: Prepared) -> None:
        import torch

        threads = torch.get_num_threads()
        # Nodes need the packages; this code goes with the trainings.
        environment = {"py_modules": [str(_CODE)], "env_vars": {"OMP_NUM_THREADS": str(threads)}}
        self._ray: Any = connected(None, runtime_env=environment)
        self._task = self._ray.remote(trained).options(
            num_cpus=threads, num_gpus=float(torch.cuda.is_available())
        )
        self._of = self._ray.put(params), name, self._ray.put(data)
        self._begun: dict[str, Any] = {}

    def __enter__(self) -> "OnRay":
        return self

    def __exit__(self, *error: object) -> None:
        self._ray.shutdown()

    def ahead(self, epochs: int, values: Sequence[Mapping[str, float]]) -> None:
        for one in values:
            self._begun[_key(epochs, one)] = self._task.remote(*self._of, epochs, dict(one))

    def trial(self, epochs: int, values: Mapping[str, float]) -> Trial:
        key = _key(epochs, values)
        if key not in self._begun:
            self.ahead(epochs, [values])
        # A signal that is raised within Ray is lost there.
        with deferred() as pending:
            while not self._ray.wait([self._begun[key]], timeout=1)[0]:
                pending.stop()
        found: Trial = self._ray.get(self._begun[key])
        return found


def _key(epochs: int, values: Mapping[str, float]) -> str:
    return f"{epochs} {sorted(values.items())}"
