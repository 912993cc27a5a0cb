"""The trainings of a search on Ray's nodes: those that wait for no other run side by side."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from textune.data.tokenized import Prepared
from textune.errors import FailedError
from textune.interrupts import deferred
from textune.params import Params, changed
from textune.pipeline.trial_training import trained
from textune.runs.tuning import Trial
from textune.scaling.cluster import connected, require_place
from textune.training.hardware import choose_device

_CODE = Path(__file__).parents[1]


class OnRay:
    """Trainings on the cluster at `$RAY_ADDRESS`; a context.

    A training takes as many CPUs as it has threads here, since sums come out otherwise with others,
    and a GPU if it would be on one here. What is found is what would be found here. Raises
    `UserError` if no node has that.
    """

    def __init__(self, params: Params, name: str, data: Prepared) -> None:
        import torch

        device, threads = choose_device(params.train), torch.get_num_threads()
        # Nodes need the packages; this code goes with the trainings.
        environment = {"py_modules": [str(_CODE)], "env_vars": {"OMP_NUM_THREADS": str(threads)}}
        self._ray: Any = connected(None, runtime_env=environment)
        wanted = {"CPU": float(threads), "GPU": float(device == "cuda")}
        require_place(self._ray, wanted, f"lower OMP_NUM_THREADS, which is {threads} here")
        self._task = self._ray.remote(trained).options(
            num_cpus=wanted["CPU"], num_gpus=wanted["GPU"]
        )
        there = changed(params, "train.device", device)
        if Path(params.model.name).is_dir():
            # The folder of a worker is another.
            there = changed(there, "model.name", str(Path(params.model.name).resolve()))
        self._of = self._ray.put(there), name, self._ray.put(data)
        self._begun: dict[str, Any] = {}
        self._exits = ExitStack()

    def __enter__(self) -> "OnRay":
        # A signal that is raised within Ray is lost there.
        self._pending = self._exits.enter_context(deferred())
        self._exits.callback(self._ray.shutdown)
        return self

    def __exit__(self, *error: Any) -> None:
        self._exits.__exit__(*error)

    def ahead(self, epochs: int, values: Sequence[Mapping[str, float]]) -> None:
        """Begin these."""
        for one in values:
            self._begun[_key(epochs, one)] = self._task.remote(*self._of, epochs, dict(one))

    def trial(self, epochs: int, values: Mapping[str, float]) -> Trial:
        """One that was begun, when it is done, or one that is made now.

        Raises what its training raised, and `FailedError` if its nodes were lost again and again.
        """
        key, errors = _key(epochs, values), self._ray.exceptions
        if key not in self._begun:
            self.ahead(epochs, [values])
        while not self._ray.wait([self._begun[key]], timeout=1)[0]:
            self._pending.stop()
        try:
            found: Trial = self._ray.get(self._begun[key])
        except errors.RayTaskError as error:
            raise error.cause from None
        except errors.RayError as error:
            raise FailedError(f"Ray: {' '.join(str(error).split())}") from None
        return found


def _key(epochs: int, values: Mapping[str, float]) -> str:
    return f"{epochs} {sorted(values.items())}"
