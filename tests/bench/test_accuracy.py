"""The time to an accuracy ends with the first check that passes."""

import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from transformers import TrainerControl, TrainerState, TrainingArguments

from tests.tiny import write_tweeteval
from textune.bench.accuracy import Attempt, attempt, summary
from textune.bench.checked import Checks
from textune.bench.sample import prepare
from textune.params import Params

MakeParams = Callable[..., Params]


def told(checks: Checks, step: int, accuracy: float) -> TrainerControl:
    """What `checks` wants after step `step`, if the accuracy is `accuracy` then."""
    args, state, control = TrainingArguments(), TrainerState(global_step=step), TrainerControl()
    checks.on_step_end(args, state, control)
    if control.should_evaluate:
        checks.on_evaluate(args, state, control, metrics={"eval_accuracy": accuracy})
    return control


def test_training_stops_at_the_first_check_that_passes() -> None:
    checks = Checks(target=0.7, every=10)
    assert not told(checks, 5, 0.9).should_evaluate
    assert not told(checks, 10, 0.69).should_training_stop
    assert told(checks, 20, 0.7).should_training_stop
    stopped_at = checks.stopped_at
    told(checks, 20, 0.7)
    assert (checks.passed, checks.steps, checks.accuracies) == (True, 20, [0.69, 0.7])
    assert checks.stopped_at == stopped_at


@pytest.mark.parametrize(("target", "passed", "rows"), [(0.0, True, 8), (1.01, False, 24)])
def test_an_attempt(
    tiny_params: MakeParams, tmp_path: Path, target: float, passed: bool, rows: int
) -> None:
    write_tweeteval(tmp_path / "own", {"train": 30, "val": 12, "test": 15})
    params = tiny_params(train={"epochs": 1, "batch_size": 8})
    start = time.time()
    found = attempt(target, params, prepare(params, tmp_path / "own"), 3, start, check_every=8)
    assert (found.seed, found.passed, found.rows) == (3, passed, rows)
    assert len(found.validation) == rows // 8
    assert 0 < found.seconds < time.time() - start
    assert 0 <= found.test <= 1


def test_the_summary_has_medians() -> None:
    found = [
        Attempt(seed, seed < 2, 60.0 + seed, 4000, [0.6, 0.7 + seed / 100], 0.68)
        for seed in range(3)
    ]
    text = StringIO()
    Console(file=text, width=100).print(summary(0.7, found))
    assert "not reached" in text.getvalue()
    last = [line for line in text.getvalue().splitlines() if "median" in line]
    assert last[0].split() == ["median", "1:01", "min", "4,000", "0.7100", "0.6800"]
