"""Log loss, calibration error and recall by class: values, and intervals with a known truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.fake_runs import load, settings, write_models
from textune.metrics.calibration import expected_calibration_error
from textune.report.scores import quality
from textune.runs.predictions import Predictions
from textune.runs.store import Run, RunSet
from textune.stats.other_scores import OtherScore, other_scores
from textune.stats.results import Score

KEYS = ["log_loss", "calibration_error", "recall_very_negative", "recall_neutral", "recall_class_2"]
CONFIDENT = settings(confidence_level=0.95)


@pytest.fixture(scope="module")
def one_seed(tmp_path_factory: pytest.TempPathFactory) -> RunSet:
    """baseline, lora and full."""
    folder: Path = tmp_path_factory.mktemp("one_seed")
    write_models(folder, [0])
    return load(folder, [0])


def with_test(runs: RunSet, name: str, test: Predictions) -> RunSet:
    """One method alone, with other predictions for test."""
    changed = [Run(run.folder, run.record, {**run.predictions, "test": test}) for run in runs[name]]
    return replace(runs, runs={name: changed})


def by_key(found: list[OtherScore]) -> dict[tuple[str, str], Score]:
    return {(one.method, one.metric): one.score for one in found}


def predictions(random: np.random.Generator, n: int, sharpness: float) -> Predictions:
    """Of a model that knows each example's logits, but is too sure if `sharpness` is above 1."""
    logits = 1.5 * random.normal(size=(n, 3))
    true, told = (np.exp(logits * by) for by in (1.0, sharpness))
    shares = true.cumsum(axis=1) / true.sum(axis=1, keepdims=True)
    labels = (random.random((n, 1)) > shares[:, :2]).sum(axis=1)
    probabilities = (told / told.sum(axis=1, keepdims=True)).astype(np.float32)
    return Predictions([str(number) for number in range(n)], labels, probabilities)


def test_means_are_those_of_quality_in_the_declared_order(three_seeds: RunSet) -> None:
    expected = quality(three_seeds, "test")
    found = other_scores(three_seeds, settings())
    assert [(one.method, one.metric) for one in found] == [
        (name, key) for name in expected for key in KEYS
    ]
    for one in found:
        assert one.score.mean == expected[one.method][one.metric]
        for interval in (one.score.fixed_models, one.score.over_seeds):
            assert interval is not None
            assert interval.low < one.score.mean < interval.high


def test_intervals_are_nearly_those_of_the_normal_distribution(three_seeds: RunSet) -> None:
    """Log loss and recall of fixed models are means, over examples and over those of a class."""
    found = by_key(other_scores(three_seeds, CONFIDENT))
    runs = three_seeds["lora"]
    labels = runs[0].predictions["test"].labels
    at = np.arange(len(labels))
    of_true = [run.predictions["test"].probabilities[at, labels] for run in runs]
    losses = -np.log(np.array(of_true, np.float64)).mean(axis=0)
    right = np.mean([run.example_scores("test") for run in runs], axis=0)
    for key, values in (("log_loss", losses), ("recall_neutral", right[labels == 1])):
        ours = found["lora", key].fixed_models
        expected = stats.norm.interval(0.95, values.mean(), stats.sem(values))
        assert (ours.low, ours.high) == pytest.approx(expected, abs=0.3 * stats.sem(values))
        assert found["lora", key].test_sd == pytest.approx(stats.sem(values), rel=0.1)


def test_log_loss_may_be_above_one_and_is_clipped_as_in_quality(one_seed: RunSet) -> None:
    test = one_seed["lora"][0].predictions["test"]
    sure = np.eye(3, dtype=np.float32)[(test.labels + (np.arange(len(test.labels)) % 2)) % 3]
    runs = with_test(one_seed, "lora", replace(test, probabilities=sure))
    score = by_key(other_scores(runs, settings()))["lora", "log_loss"]
    assert score.mean == quality(runs, "test")["lora"]["log_loss"]
    assert 1 < score.fixed_models.low < score.mean < score.fixed_models.high
    assert score.mean == pytest.approx(-np.log(np.finfo(np.float32).eps) / 2, rel=1e-3)


def test_copies_in_one_cluster_count_once(one_seed: RunSet) -> None:
    test = one_seed["lora"][0].predictions["test"]
    single = other_scores(with_test(one_seed, "lora", test), settings())
    twice = Predictions(
        [f"{row}-{copy}" for copy in range(2) for row in test.row_ids],
        np.tile(test.labels, 2),
        np.tile(test.probabilities, (2, 1)),
    )
    names = [f"{number:03}" for number in range(len(test.labels))] * 2
    clustered = other_scores(with_test(one_seed, "lora", replace(twice, groups=names)), settings())
    alone = by_key(other_scores(with_test(one_seed, "lora", twice), settings()))
    for one, two in zip(single, clustered, strict=True):
        assert two.score.test_sd == pytest.approx(one.score.test_sd, abs=2e-6)
        assert two.score.fixed_models.low == pytest.approx(one.score.fixed_models.low, abs=2e-6)
        assert alone["lora", one.metric].test_sd < 0.85 * one.score.test_sd


def test_a_class_without_an_example_is_left_out(one_seed: RunSet) -> None:
    test = one_seed["lora"][0].predictions["test"]
    labels = np.where(test.labels == 1, 0, test.labels)
    found = other_scores(with_test(one_seed, "lora", replace(test, labels=labels)), settings())
    assert [one.metric for one in found] == [key for key in KEYS if key != "recall_neutral"]


def test_recall_of_few_examples_is_as_unsure_as_wilsons(one_seed: RunSet) -> None:
    """All of 9 examples are found, and all of 60."""
    labels = np.repeat([0, 1, 2], [9, 60, 171])
    sure = np.eye(3, dtype=np.float32)[labels]
    test = replace(one_seed["lora"][0].predictions["test"], labels=labels, probabilities=sure)
    found = by_key(other_scores(with_test(one_seed, "lora", test), CONFIDENT))
    few, many = (found["lora", key].fixed_models for key in (KEYS[2], KEYS[3]))
    z2 = stats.norm.ppf(0.975) ** 2
    assert few.low == pytest.approx(9 / (9 + z2), abs=1e-6)
    assert (few.high, many.low, many.high) == (1, 1, 1)


def test_a_class_of_one_example_can_be_scored(one_seed: RunSet) -> None:
    """A third of the draws miss it."""
    test = one_seed["lora"][0].predictions["test"]
    labels = np.where(np.arange(len(test.labels)) == 0, 2, test.labels % 2)
    found = by_key(
        other_scores(with_test(one_seed, "lora", replace(test, labels=labels)), CONFIDENT)
    )
    score = found["lora", KEYS[4]]
    assert score.mean in (0, 1)
    assert score.test_sd == 0
    z2 = stats.norm.ppf(0.975) ** 2
    width = score.fixed_models.high - score.fixed_models.low
    assert width == pytest.approx(z2 / (1 + z2), abs=2e-6)


def covered(runs: RunSet, n: int, sharpness: float, trials: int) -> float:
    """The share of the intervals of calibration error that hold that of endless examples."""
    random = np.random.default_rng([n, round(100 * sharpness)])
    endless = predictions(random, 1_000_000, sharpness)
    truth = expected_calibration_error(endless.labels, endless.probabilities)
    held = 0
    for _ in range(trials):
        trial = with_test(runs, "lora", predictions(random, n, sharpness))
        interval = by_key(other_scores(trial, CONFIDENT))["lora", "calibration_error"].fixed_models
        # A calibrated model's error is 0 but for what is left of chance in the truth.
        held += interval.low <= truth + 2e-4 and interval.high >= truth
    return held / trials


@pytest.mark.parametrize("sharpness", [1.0, 1.3, 2.0])
def test_intervals_of_calibration_error_hold_the_truth(one_seed: RunSet, sharpness: float) -> None:
    """Percentiles of the error itself hold it in 0, 61 and 93 % of trials."""
    assert covered(one_seed, 500, sharpness, trials=60) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("n", "trials"), [(500, 1000), (2000, 500), (6000, 300)])
@pytest.mark.parametrize("sharpness", [0.6, 1.0, 1.1, 1.3, 2.0])
def test_coverage_of_calibration_error(
    one_seed: RunSet, n: int, trials: int, sharpness: float
) -> None:
    share = covered(one_seed, n, sharpness, trials)
    print(f"| {n:,} | {sharpness} | {100 * share:.1f} |")
    assert share > 0.95 - 3 * (0.95 * 0.05 / trials) ** 0.5
