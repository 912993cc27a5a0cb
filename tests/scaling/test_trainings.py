"""What a training on Ray raises is what it would raise here; nodes are places one by one."""

from types import SimpleNamespace
from typing import Any

import pytest
from ray import exceptions

from textune.errors import FailedError, UserError
from textune.modeling.methods.base import UnsupportedError
from textune.scaling.cluster import places, require_place
from textune.scaling.trainings import OnRay


class FakeRay:
    """A cluster in which every training ends with an error."""

    exceptions = exceptions

    def __init__(self, error: Exception) -> None:
        self._error = error

    def wait(self, tasks: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        return tasks, []

    def get(self, task: Any) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("error", "raised", "told"),
    [
        (
            exceptions.RayTaskError("f", "Traceback of the node", UnsupportedError("no value")),
            UnsupportedError,
            "^no value$",
        ),
        (exceptions.WorkerCrashedError(), FailedError, "^Ray: The worker died"),
    ],
)
def test_errors(error: Exception, raised: type[Exception], told: str) -> None:
    engine = OnRay.__new__(OnRay)
    engine._ray, engine._begun = FakeRay(error), {"3 [('rate', 1.0)]": "task"}
    with pytest.raises(raised, match=told):
        engine.trial(3, {"rate": 1.0})


def test_places_are_those_of_each_node() -> None:
    nodes = [
        {"Alive": True, "Resources": {"CPU": 3.0}},
        {"Alive": True, "Resources": {"CPU": 3.0, "GPU": 1.0}},
        {"Alive": False, "Resources": {"CPU": 64.0}},
    ]
    ray = SimpleNamespace(nodes=lambda: nodes)
    assert places(ray, {"CPU": 2, "GPU": 0}) == 2
    assert places(ray, {"CPU": 1, "GPU": 0.5}) == 2
    assert places(ray, {"CPU": 0, "GPU": 0}) == 6
    with pytest.raises(UserError, match=r"no node has 4 CPUs and 0 GPUs .*: lower --cpus"):
        require_place(ray, {"CPU": 4, "GPU": 0}, "lower --cpus")
