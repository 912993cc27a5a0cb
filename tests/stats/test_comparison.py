"""The comparison: two questions, verdicts, pairs in the declared order, the method to use."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, norm
from statsmodels.stats.contingency_tables import mcnemar

from tests.fake_runs import TITLES, TRAINED, load, settings, write_run
from textune.errors import UserError
from textune.metrics.catalog import COMPARED
from textune.report.scores import quality
from textune.runs.store import RunFolder, RunSet
from textune.stats.comparison import accuracy_interval, compare, enough_of_a_class
from textune.stats.results import Comparison, Difference, Question, Recommendation, Verdict


def write(folder: Path, seeds: int, **skills: float) -> RunSet:
    for name, skill in skills.items():
        for seed in range(seeds):
            write_run(folder, name, seed, skill=skill, trainable=TRAINED.get(name, 90_000))
    return load(folder, list(range(seeds)), list(skills))


def difference(comparison: Comparison, first: str, second: str, metric: Any) -> Difference:
    pairs = {(pair.first, pair.second): pair for pair in comparison.pairs}
    return pairs[first, second].differences[metric]


def test_means_and_differences_are_those_of_the_quality(
    three_seeds: RunSet, comparison: Comparison
) -> None:
    scores = quality(three_seeds, "test")
    assert [method.name for method in comparison.methods] == ["untrained", *TRAINED]
    for method in comparison.methods:
        assert tuple(method.scores) == COMPARED
        for metric, score in method.scores.items():
            assert score.mean == pytest.approx(scores[method.name][metric], abs=2e-6)
            for question in Question:
                interval = score.answer(question)
                assert interval.low < score.mean < interval.high
            by_seed = [run.scores("test")[metric] for run in three_seeds[method.name]]
            assert score.seed_sd == pytest.approx(np.std(by_seed, ddof=1), abs=2e-6)
    for metric in COMPARED:
        expected = scores["lora"][metric] - scores["baseline"][metric]
        found = difference(comparison, "lora", "baseline", metric)
        assert found.difference == pytest.approx(expected, abs=2e-6)


def test_what_the_comparison_is_of(comparison: Comparison) -> None:
    assert (comparison.seeds, comparison.examples) == (3, 240)
    assert (comparison.confidence_level, comparison.noninferiority_margin) == (0.9, 0.05)
    assert (comparison.metric, comparison.decision) == ("accuracy", "most_probable")
    assert [method.title for method in comparison.methods] == ["untrained head", *TITLES.values()]
    assert [method.method for method in comparison.methods] == ["head", "head", "lora", "full"]


def test_verdicts_are_over_seeds_with_three_seeds(comparison: Comparison) -> None:
    assert comparison.question is Question.OVER_SEEDS
    better = difference(comparison, "lora", "baseline", "accuracy")
    assert (better.verdict, better.question) == (Verdict.BETTER, Question.OVER_SEEDS)
    same = difference(comparison, "full", "lora", "accuracy")
    assert same.verdict is Verdict.NOT_DISTINGUISHABLE
    assert same.answer(Question.OVER_SEEDS).p_holm >= same.answer(Question.OVER_SEEDS).p


def test_verdicts_follow_the_corrected_p_of_their_own_question(comparison: Comparison) -> None:
    for pair in comparison.pairs:
        for found in pair.differences.values():
            p_holm = found.answer(Question.OVER_SEEDS).p_holm
            assert (found.verdict is not Verdict.NOT_DISTINGUISHABLE) == (p_holm < 0.1)


@pytest.mark.parametrize("seeds", [1, 2])
def test_with_fewer_seeds_verdicts_are_about_fixed_models(tmp_path: Path, seeds: int) -> None:
    comparison = compare(write(tmp_path, seeds, baseline=0.3, lora=2.5), settings())
    assert comparison.question is Question.FIXED_MODELS
    found = difference(comparison, "lora", "baseline", "accuracy")
    assert (found.verdict, found.question) == (Verdict.BETTER, Question.FIXED_MODELS)
    score = comparison.method("lora").scores["accuracy"]
    assert found.over_seeds is None
    assert score.over_seeds is None
    assert (score.seed_sd is not None) == (seeds > 1)
    for value in (found, score):
        with pytest.raises(ValueError, match="over_seeds"):
            value.answer(Question.OVER_SEEDS)


def test_worse_is_told_of_the_first(tmp_path: Path) -> None:
    """Declared the other way round, the weak baseline is the first of the pair."""
    comparison = compare(write(tmp_path, 1, lora=2.5, baseline=0.3), settings())
    assert difference(comparison, "baseline", "lora", "accuracy").verdict is Verdict.WORSE


@pytest.mark.parametrize("trainable", [10, 80_000, 90_000_000])
def test_pairs_follow_the_declared_order_whatever_is_trained(
    tmp_path: Path, trainable: int
) -> None:
    for seed in range(2):
        for name, count in {"baseline": 1_155, "lora": trainable, "adapter": 114_195}.items():
            write_run(tmp_path, name, seed, skill=1.0, trainable=count)
    declared = ["baseline", "lora", "adapter"]
    comparison = compare(load(tmp_path, [0, 1], declared), settings())
    assert [(pair.first, pair.second) for pair in comparison.pairs] == [
        ("lora", "baseline"),
        ("adapter", "baseline"),
        ("adapter", "lora"),
    ]
    assert [method.name for method in comparison.methods] == ["untrained", *declared]


def test_p_of_each_pair_of_models_is_mcnemars(three_seeds: RunSet, comparison: Comparison) -> None:
    found = difference(comparison, "full", "lora", "accuracy")
    for seed in range(3):
        first, second = (three_seeds[m][seed].example_scores("test") for m in ("full", "lora"))
        table = [[sum(first * second), sum(first > second)], [sum(second > first), 0]]
        p = found.fixed_models.p_by_seed[seed]
        assert p == pytest.approx(mcnemar(table).pvalue, rel=1e-3)
    assert found.over_seeds is not None
    assert found.over_seeds.p_by_seed == {}


def test_holm_by_hand(comparison: Comparison) -> None:
    for question in Question:
        tests = [pair.differences["macro_f1"].answer(question) for pair in comparison.pairs]
        tests.sort(key=lambda test: test.p)
        highest = 0.0
        for rank, test in enumerate(tests):
            highest = max(highest, min(1.0, (3 - rank) * test.p))
            assert test.p_holm == pytest.approx(highest, rel=1e-3)


def recommended(runs: RunSet, **changes: Any) -> Recommendation:
    return compare(runs, settings(**changes)).recommendation


def test_the_cheapest_method_that_is_surely_good_enough(three_seeds: RunSet) -> None:
    """LoRA and full have one skill, and LoRA is cheaper."""
    assert recommended(three_seeds, noninferiority_margin=0.2).method == "lora"
    assert recommended(three_seeds, noninferiority_margin=0.9).method == "baseline"
    assert not recommended(three_seeds, noninferiority_margin=1e-6).settled


def test_validation_has_no_say(tmp_path: Path) -> None:
    models = tmp_path / "models"
    before = compare(write(models, 1, baseline=0.3, lora=2.5, full=0.5), settings())
    paths = [RunFolder.of(models, m, 0).predictions("validation") for m in ("baseline", "lora")]
    first, second = (path.read_bytes() for path in paths)
    paths[0].write_bytes(second)
    paths[1].write_bytes(first)
    assert compare(load(models, [0]), settings()) == before


def test_the_level_is_shared_by_planned_looks(three_seeds: RunSet) -> None:
    assert recommended(three_seeds).level == 0.05
    assert recommended(three_seeds, planned_seeds=[3, 6]).level == pytest.approx(0.025)
    with pytest.raises(UserError, match=r"planned_seeds is \[5, 10\], but train.seeds has 3"):
        recommended(three_seeds, planned_seeds=[5, 10])


def test_enough_of_a_class_are_three_errors_that_make_the_margin() -> None:
    sizes = [enough_of_a_class(classes, 0.01) for classes in (2, 3, 20, 77)]
    assert sizes == [150, 100, 15, 4]


def test_means_over_small_classes_get_no_verdict(tmp_path: Path) -> None:
    """Three classes and a margin of 0.05: 20 examples each."""
    runs = write(tmp_path, 1, lora=2.0, full=2.0)
    assert compare(runs, settings()).small_classes == []
    for name in ("lora", "full"):
        (run,) = runs[name]
        test = run.predictions["test"]
        labels = np.minimum(test.labels, 1)
        labels[:19] = 2
        predictions = {**run.predictions, "test": replace(test, labels=labels)}
        runs.runs[name] = [replace(run, predictions=predictions)]
    by_recall = compare(runs, settings(metric="macro_recall"))
    assert by_recall.small_classes == ["🙂"]
    assert by_recall.recommendation.withheld
    assert not by_recall.recommendation.settled
    assert not compare(runs, settings(metric="accuracy")).recommendation.withheld


@pytest.mark.parametrize(("lora", "full"), [(2e9, 1e9), (1e9, 2e9)])
def test_operations_decide_between_methods_with_as_many_parameters(
    tmp_path: Path, lora: float, full: float
) -> None:
    """Both are good enough."""
    runs = write(tmp_path, 1, lora=2.0, full=2.0)
    for name, flops in (("lora", lora), ("full", full)):
        (run,) = runs[name]
        changes = {"trainable_parameters": 9, "training_flops": flops}
        cost = run.record.cost.model_copy(update=changes)
        runs.runs[name] = [replace(run, record=run.record.model_copy(update={"cost": cost}))]
    chosen = recommended(runs, noninferiority_margin=0.5).method
    assert chosen == ("lora" if lora < full else "full")


def test_a_single_method_is_recommended_without_comparison(tmp_path: Path) -> None:
    comparison = compare(write(tmp_path, 1, lora=1.0), settings())
    assert comparison.pairs == []
    assert comparison.recommendation.method == "lora"
    assert comparison.recommendation.settled


def test_titles_tell_methods_apart(tmp_path: Path) -> None:
    write(tmp_path, 1, lora=1.0, lora_all=1.0)
    titles = {"lora": "LoRA", "lora_all": "LoRA"}
    with pytest.raises(UserError, match="lora and lora_all are both titled 'LoRA': give one of"):
        compare(load(tmp_path, [0], list(titles), titles=titles), settings())


def test_accuracy_of_some_examples_is_the_same_each_time_and_at_most_1() -> None:
    right = np.ones((3, 40))
    right[0, 0] = right[1, 5] = 0
    mean, interval = accuracy_interval(right, settings())
    assert mean == pytest.approx(1 - 2 / 120)
    assert 0.8 < interval.low < mean
    assert interval.high == 1
    assert accuracy_interval(right, settings()) == (mean, interval)


def test_one_pair_from_one_seed_is_tested_by_mcnemar_at_the_whole_level(tmp_path: Path) -> None:
    runs = write(tmp_path, 1, lora=1.5, full=1.2)
    (pair,) = compare(runs, settings(confidence_level=0.9)).pairs
    test = pair.differences["accuracy"].fixed_models
    full, lora = (runs[name][0].example_scores("test") for name in ("full", "lora"))
    only = [int((full > lora).sum()), int((lora > full).sum())]
    assert test.p == pytest.approx(binomtest(only[0], sum(only)).pvalue, rel=1e-3)
    assert test.p == test.p_holm == test.p_by_seed[0]
    # One pair is a family of its own: found with 80 % power at 10 %, two-sided.
    error = (test.high - test.low) / (2 * norm.ppf(0.95))
    shift = norm.ppf(0.95) + norm.ppf(0.8)
    assert test.smallest_detectable == pytest.approx(error * shift, rel=0.1)
