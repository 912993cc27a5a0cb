"""The time to an accuracy ends with the first check that passes."""

import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from transformers import TrainerControl, TrainerState, TrainingArguments

from benchmarks.sample import prepare
from benchmarks.time_to_accuracy import Attempt, Checks, attempt, in_own_process, summary
from tests.tiny import write_tweeteval
from textune.errors import UserError
from textune.params import Params
from textune.runs.predictions import Predictions
from textune.runs.store import Split
from textune.training.learner import EncoderLearner

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


@pytest.mark.parametrize(("target", "passed", "examples"), [(0.0, True, 8), (1.01, False, 24)])
def test_an_attempt(
    tiny_params: MakeParams, tmp_path: Path, target: float, passed: bool, examples: int
) -> None:
    write_tweeteval(tmp_path / "own", {"train": 30, "val": 12, "test": 15})
    params = tiny_params(train={"epochs": 1, "batch_size": 8})
    start = time.time() - 100
    result = attempt(target, params, prepare(params, tmp_path / "own"), 3, start, check_every=8)
    assert (result.seed, result.passed, result.examples) == (3, passed, examples)
    assert len(result.validation) == examples // 8
    assert 100 < result.seconds < time.time() - start
    assert 0 <= result.test <= 1


def test_the_model_that_passes_is_the_one_that_is_tested(
    tiny_params: MakeParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if params.yaml keeps the best model by another metric."""
    write_tweeteval(tmp_path / "own", {"train": 30, "val": 12, "test": 15})
    params = tiny_params(
        train={"batch_size": 8, "epochs": 4, "metric_for_best_model": "loss"},
        lora={"learning_rate": 0.02},
    )
    predict = EncoderLearner.predict
    kept: list[tuple[str, float]] = []

    def also_validation(learner: EncoderLearner, split: Split) -> Predictions:
        again = predict(learner, "validation")
        accuracy = float((again.probabilities.argmax(axis=1) == again.labels).mean())
        kept.append((learner.job.train.metric_for_best_model, accuracy))
        return predict(learner, split)

    monkeypatch.setattr(EncoderLearner, "predict", also_validation)
    data = prepare(params, tmp_path / "own")
    result = attempt(1.01, params, data, 0, time.time(), check_every=24)
    ((metric, accuracy),) = kept
    assert metric == "accuracy"
    assert accuracy == pytest.approx(max(result.validation), abs=1e-6)


@pytest.mark.slow
def test_a_mistake_in_the_process_is_reported(tiny_params: MakeParams, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mapping\.txt is missing"):
        in_own_process(0.7, tiny_params(), tmp_path, 0)


def test_the_summary_has_medians() -> None:
    attempts = [
        Attempt(seed, seed < 2, 60.0 + seed, 4000, [0.6, 0.7 + seed / 100], 0.68)
        for seed in range(3)
    ]
    text = StringIO()
    Console(file=text, width=100).print(summary(0.7, attempts))
    assert "not reached" in text.getvalue()
    last = [line for line in text.getvalue().splitlines() if "median" in line]
    assert last[0].split() == ["median", "1:01", "min", "4,000", "0.7100", "0.6800"]
