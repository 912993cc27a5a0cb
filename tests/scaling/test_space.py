"""What a sweep goes over, and what is told of a space that cannot be."""

import math
import time
from dataclasses import replace
from typing import Any

import pytest

from tests.tiny import ROOT, real_values
from textune.errors import FailedError, UserError
from textune.params import Params, check_params
from textune.scaling.cluster import Cluster
from textune.scaling.proposals import Grid, Suggestions
from textune.scaling.space import Interval, read_space
from textune.scaling.sweep import Settings, sweep

SETTINGS = Settings(
    name="sweep",
    address=None,
    cpus=1,
    gpus=0,
    trials=None,
    objective=None,
    minimize=False,
    seed=0,
    price=None,
)


@pytest.fixture
def params() -> Params:
    return check_params(real_values(), "params.yaml")


def test_a_grid_has_every_combination(params: Params) -> None:
    space = read_space(["lora.r=4,8", "train.epochs=range(1,4)", "lora.alpha=32"], params)
    combinations = [tuple(values.values()) for values in space.grid()]
    assert combinations == [(r, e, "32") for r in ("4", "8") for e in ("1", "2", "3")]
    trials = list(Grid(space, "sweep"))
    assert len({trial.name for trial in trials}) == 6
    assert [trial.name for trial in Grid(space, "sweep")] == [trial.name for trial in trials]


def test_methods_are_a_key_without_a_section(params: Params) -> None:
    space = read_space(["methods=[lora],[baseline]"], params)
    assert space.choices == {"methods": ["[lora]", "[baseline]"]}
    with pytest.raises(UserError, match="methods names nothing"):
        read_space(["methods=[nothing]"], params)


def test_intervals(params: Params) -> None:
    space = read_space(
        [
            "lora.learning_rate=tag(log,interval(0.0001,0.01))",
            "lora.r=interval(2,8)",
            "lora.dropout=interval(0,0.5)",
        ],
        params,
    )
    assert space.intervals == {
        "lora.learning_rate": Interval(0.0001, 0.01, log=True, whole=False),
        "lora.r": Interval(2, 8, log=False, whole=True),
        "lora.dropout": Interval(0, 0.5, log=False, whole=False),
    }
    assert space.points == math.inf
    assert read_space(["lora.r=interval(2,8)", "lora.alpha=8,16"], params).points == 14


def test_suggestions_learn(params: Params) -> None:
    """Rates above 0.05 fail: soon hardly any is suggested, and the best is found."""
    space = read_space(["lora.learning_rate=tag(log,interval(0.0001,0.1))", "lora.r=2,4"], params)
    suggestions = Suggestions(space, "sweep", 40, minimize=True, seed=0)
    rates, errors = [], []
    for trial in suggestions:
        rates.append(float(trial.values["lora.learning_rate"]))
        errors.append(abs(rates[-1] - 0.003) / 0.003)
        suggestions.learn(trial.name, None if rates[-1] > 0.05 else errors[-1])
    assert len(rates) == 40
    assert sum(rate > 0.05 for rate in rates[20:]) <= 2
    assert min(errors) < 0.1


def test_no_suggestion_is_made_twice(params: Params) -> None:
    space = read_space(["lora.r=2,4,8", "lora.alpha=8,16"], params)
    suggestions = Suggestions(space, "sweep", 6, minimize=False, seed=0)
    names = []
    for number, trial in enumerate(suggestions):
        names.append(trial.name)
        # Two run at a time.
        if number % 2:
            for name in names[-2:]:
                suggestions.learn(name, float(number))
    assert len(names) == len(set(names)) == suggestions.total
    assert len(names) >= 5


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("lora.q=1,2", "params.yaml has no key lora.q"),
        ("+lora.q=1", "params.yaml has no key lora.q"),
        ("lora.r=4,many", "lora.r=many: lora.r"),
        ("lora.learning_rate=interval(0.1,7)", "lora.learning_rate"),
        ("lora.learning_rate=interval(0.1,0.01)", "the lower end should be below the higher one"),
        ("lora.r", "write KEY=VALUE,VALUE"),
        ("lora.r=[4", "write KEY=VALUE,VALUE"),
        ("lora.r=glob(*)", "lora.r=glob"),
        ("lora.r=range(2,2)", "lora.r is given no value"),
        ("lora.r=", "lora.r is given no value"),
        ("lora=2,4", "lora is a section: name a key of it"),
        ("lora.r=interval(2.5,8)", "lora.r=2.5: lora.r"),
    ],
)
def test_what_cannot_be_is_told_before_anything_runs(
    assignment: str, told: str, params: Params
) -> None:
    with pytest.raises(UserError, match="(?s)" + told.replace(".", r"\.")):
        read_space([assignment], params)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "a/b"}, "--name is 'a/b'"),
        ({"trials": 3}, "suggestions need --objective"),
        ({"trials": 3, "objective": "f:k"}, "--trials is 3, but there are 2 combinations"),
        ({"assignments": ["lora.r=interval(2,8)"]}, "suggestions need --trials"),
    ],
)
def test_what_a_sweep_cannot_be(
    changes: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assignments = changes.pop("assignments", ["lora.r=2,4"])
    with pytest.raises(UserError, match=told):
        sweep(assignments, replace(SETTINGS, **changes))


def test_an_address_where_nobody_is_is_told_at_once() -> None:
    start = time.monotonic()
    with pytest.raises(FailedError, match=r"nobody answers at ray://127\.0\.0\.1:9"):
        Cluster("ray://127.0.0.1:9", 1, 0)
    assert time.monotonic() - start < 10


def test_a_key_has_one_assignment(params: Params) -> None:
    with pytest.raises(UserError, match=r"lora\.r is given twice"):
        read_space(["lora.r=4,8", "lora.r=16"], params)
