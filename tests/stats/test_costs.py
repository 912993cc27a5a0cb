"""What counts as cheap is the user's to say."""

from pathlib import Path

import pytest

from tests.fake_runs import load, write_models
from textune.runs.store import RunSet
from textune.stats.costs import costs


@pytest.fixture
def runs(tmp_path: Path) -> RunSet:
    write_models(tmp_path)
    return load(tmp_path, [0, 1])


def order(found: dict[str, tuple[float, ...]]) -> list[str]:
    return sorted(found, key=lambda name: found[name])


def test_parameters_then_operations(runs: RunSet) -> None:
    found = costs(runs, "parameters")
    assert order(found) == ["baseline", "lora", "full"]
    assert found["lora"][1:] == (74_883, 74_883e6)


def test_bytes_on_disk(runs: RunSet) -> None:
    (run, _) = runs["baseline"]
    large = run.record.model_copy(update={"saved_bytes": 10**9})
    runs.runs["baseline"] = [type(run)(run.folder, large, run.predictions)] * 2
    assert order(costs(runs, "saved_bytes")) == ["lora", "full", "baseline"]


def test_weights_add_shares_of_the_dearest(runs: RunSet) -> None:
    found = costs(runs, {"parameters": 1.0, "saved_bytes": 3.0})
    assert found["full"][0] == pytest.approx(4.0)
    assert found["lora"][0] == pytest.approx(4 * 74_883 / 22_714_371)
