"""Simulations with a known truth: they draw what they say, count right, and can fail."""

from pathlib import Path

import numpy as np
import pytest
from scipy import special
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.simulation import borrowed, examples, looks, promise, rules, run, sure, tables
from benchmarks.simulation.draws import Draws, draw
from benchmarks.simulation.grid import OF_THE_ISSUE, scenarios
from benchmarks.simulation.predictions import (
    Setting,
    class_sizes,
    predict,
    resampled_scores,
    true_scores,
)
from benchmarks.simulation.results import read, write
from benchmarks.simulation.truth import LEVEL, Truth, shared_by_methods
from tests.tiny import ROOT
from textune.stats.results import Question
from textune.stats.seeds import holm

WORSE_BY_THE_MARGIN = Truth((0.75, 0.76), (0.002, 0.002), seeds=5, rows=6_000)


def draws_of(test: list[list[float]], validation: list[list[float]], noise: float) -> Draws:
    """One trial; scores by method and seed, and what chance of the rows moves a model by."""
    methods = len(test)
    return Draws(
        test=np.array([test]),
        validation=np.array([validation]),
        shared=np.zeros((methods, methods)),
        own=np.full(methods, noise**2),
    )


def test_a_method_is_good_within_the_margin_only() -> None:
    truth = Truth((0.68, 0.75, 0.751, 0.76), (0.0,) * 4, 3, 100)
    assert truth.good.tolist() == [False, False, True, True]
    assert truth.settles_on == 2


def test_scores_of_models_vary_as_their_predictions_do() -> None:
    accuracies = (0.7, 0.8)
    setting = Setting(accuracies, 0.0, 2, (50_000, 50_000))
    predicted = predict(setting, np.random.default_rng(0))
    right = (predicted.predicted == predicted.labels).reshape(4, -1)
    found = np.cov(right)
    shared = shared_by_methods(accuracies)
    assert found[0, 1] == pytest.approx(shared[0, 0], abs=0.003)
    assert found[2, 3] == pytest.approx(shared[1, 1], abs=0.003)
    assert found[0, 2] == pytest.approx(shared[0, 1], abs=0.003)
    assert found[0, 0] == pytest.approx(0.21, abs=0.003)
    # Models of one method are more alike than others.
    assert shared[0, 1] + 0.003 < min(shared[0, 0], shared[1, 1])


def test_means_are_those_of_the_whole_path() -> None:
    """Averages over trials of what `ResampledScores.means` and `Draws.means` find."""
    random = np.random.default_rng(0)
    setting = Setting((0.75, 0.76), 0.02, 3, (1_000, 1_000))
    whole = [
        resampled_scores(setting, predict(setting, random), 200, random)["accuracy"].means(
            setting.names, Question.OVER_SEEDS
        )
        for _ in range(60)
    ]
    quick = draw(Truth((0.75, 0.76), (0.02, 0.02), 3, 2_000), 20_000, random).means()
    examples_found = np.mean([means.examples for means in whole], axis=0)
    np.testing.assert_allclose(examples_found, quick.examples, rtol=0.1)
    own = np.mean([means.variance - means.excess for means in whole], axis=0)
    np.testing.assert_allclose(own, (quick.variance - quick.excess)[0], rtol=0.1)
    variance = np.mean([means.variance for means in whole])
    assert variance == pytest.approx(quick.variance.mean(), rel=0.25)
    spread = np.std([means.values for means in whole], axis=0)
    np.testing.assert_allclose(spread, quick.values.std(axis=0), rtol=0.25)


def test_true_scores_are_those_of_very_many_examples() -> None:
    setting = Setting((0.8,), 0.0, 2, (60_000, 30_000, 10_000), gaps=((0.0, 0.1, 0.3),))
    random = np.random.default_rng(0)
    found = resampled_scores(setting, predict(setting, random), 2, random)
    for metric, true in true_scores(setting.recalls, setting.shares).items():
        assert found[metric].values["a"].mean() == pytest.approx(true[0], abs=0.006), metric


def test_sizes_of_classes() -> None:
    assert class_sizes(3, 10, 200) == (10, 95, 95)
    assert sum(class_sizes(77, 3, 6_000)) == 6_000


def test_no_truth_comes_twice() -> None:
    assert len({scenario.truth for scenario in scenarios(2, 3)}) == len(list(scenarios(2, 3)))
    assert OF_THE_ISSUE in {scenario.truth.accuracies for scenario in scenarios(4, 3)}


def test_the_rule_of_before_names_the_cheapest_that_passes_or_the_favourite() -> None:
    level = [[0.70, 0.70, 0.701], [0.70, 0.701, 0.70]]
    dear_is_favourite = [[0.6] * 3, [0.7] * 3]
    # Certain to be within the margin; too noisy to tell; far behind; itself the favourite.
    assert rules.before(draws_of(level, dear_is_favourite, 1e-4)).named == [0]
    assert rules.before(draws_of(level, dear_is_favourite, 0.1)).named == [1]
    behind = [[0.6, 0.6, 0.601], [0.7, 0.701, 0.7]]
    assert rules.before(draws_of(behind, dear_is_favourite, 1e-4)).named == [1]
    assert rules.before(draws_of(behind, dear_is_favourite[::-1], 1e-4)).named == [0]


def test_the_rule_of_before_corrects_by_holm() -> None:
    """Two cheaper methods whose p is 0.017: one alone would pass at 2.5 %, not two."""
    one_alone = [[0.70, 0.72, 0.71], [0.70, 0.72, 0.71]]
    favourite = [[0.6] * 3, [0.7] * 3]
    noise = 0.0023
    assert rules.before(draws_of(one_alone, favourite, noise)).named == [0]
    two = [one_alone[0], *one_alone]
    assert rules.before(draws_of(two, [[0.6] * 3, *favourite], noise)).named == [2]
    p = float(special.stdtr(2, -0.01 / (noise * (2 / 3) ** 0.5)))
    assert p == pytest.approx(0.017, abs=5e-4)
    assert p < 0.025 < min(holm([p, p]))


def test_wrong_right_and_regret_are_counted() -> None:
    truth = Truth((0.75, 0.755, 0.76), (0.0,) * 3, 3, 100)
    named, settled = np.array([0, 0, 1, 2]), np.array([True, False, True, True])
    found = promise.outcome(truth, rules.Decided(named, settled))
    assert (found.wrong, found.right) == (0.25, 0.25)
    assert found.regret == pytest.approx((0.01 + 0.01 + 0.005) / 4)


def test_the_promise_holds_and_a_looser_level_breaks_it() -> None:
    draws = draw(WORSE_BY_THE_MARGIN, 10_000, np.random.default_rng(0))

    def wrong(decided: rules.Decided) -> float:
        return promise.outcome(WORSE_BY_THE_MARGIN, decided).wrong

    assert 0.03 < wrong(rules.of_textune(draws.means())) < 0.05
    assert wrong(rules.of_textune(draws.means(), level=0.1)) > 0.07
    assert wrong(rules.before(draws)) > 0.05


def test_variances_borrow() -> None:
    sample = np.array([[1.0, 2.0, 6.0]])
    moderated, df = borrowed.of_the_others(sample, 2)
    np.testing.assert_allclose(moderated, [[2.5, 2.75, 3.75]])
    assert df.tolist() == [[4, 4, 4]]


def test_empirical_bayes_finds_the_prior() -> None:
    """2,000 variances with 4 degrees of freedom around true ones with 6."""
    random = np.random.default_rng(0)
    true = 6 * 0.5 / random.chisquare(6, 2_000)
    sample = true * random.chisquare(4, 2_000) / 4
    moderated, df = borrowed.empirical_bayes(sample[None], 4)
    assert df[0, 0] == pytest.approx(10, abs=1.5)
    np.testing.assert_allclose(moderated[0], (6 * 0.5 + 4 * sample) / 10, rtol=0.1)


def test_looks_share_the_level_and_stop_at_the_first_that_settles() -> None:
    assert sum(looks.levels((3, 5, 10))) == pytest.approx(LEVEL)
    draws = draw(Truth((0.76, 0.76), (0.005, 0.005), 5, 6_000), 2_000, np.random.default_rng(0))
    decided, spent = looks.first_settled(draws, (3, 5), [LEVEL, LEVEL])
    first = rules.of_textune(draws.first(3).means())
    last = rules.of_textune(draws.means())
    assert 0.05 < first.settled.mean() < 0.95
    assert (spent == np.where(first.settled, 3, 5)).all()
    assert (decided.settled == (first.settled | last.settled)).all()
    assert (decided.named == np.where(first.settled, first.named, last.named)).all()


def test_a_small_class_that_is_recognized_well_breaks_the_promise() -> None:
    """And a larger one does not: the case that says where no verdict is given."""
    case = examples.Case(3, 6, 2_000, accuracy=0.98, worse_in=1, metrics=("macro_recall",))
    large = examples.Case(3, 200, 2_000, accuracy=0.98, worse_in=1, metrics=("macro_recall",))
    small_wrong, large_wrong = (examples.of_case(one, 60)[0].wrong for one in (case, large))
    assert small_wrong > 0.2
    assert large_wrong < 0.14


def test_a_quick_run_gives_every_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (promise, sure, borrowed, looks):
        monkeypatch.setattr(module, "METHODS", (2,))
    for module in (promise, sure, borrowed):
        monkeypatch.setattr(module, "SEEDS", (3,))
    monkeypatch.setattr(looks, "PLANS", ((3, 5),))
    of_accuracy, *_ = examples.CASES
    monkeypatch.setattr(examples, "CASES", [of_accuracy, examples.Case(3, 10, 200)])
    done: list[str] = []
    results = run.simulate(quick=True, tick=done.append)
    assert results.trials == 250
    assert done[0] == "2 methods, 3 seeds"
    assert [case.metric for case in results.examples] == ["accuracy", "macro_recall", "macro_f1"]
    write(tmp_path / "simulation.json", results)
    assert read(tmp_path / "simulation.json") == results
    assert tables.everything(results).count("## ") == 9


def test_the_command_prints_and_writes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    committed = read(ROOT / "metrics/simulation.json")
    monkeypatch.setattr(run, "simulate", lambda quick, tick: committed)
    path = tmp_path / "found.json"
    done = CliRunner().invoke(app, ["simulate", "--json", str(path)])
    assert done.exit_code == 0
    assert tables.promise(committed) in done.stdout
    assert path.read_bytes() == (ROOT / "metrics/simulation.json").read_bytes()


def test_a_file_that_cannot_be_written_is_told_before_the_work() -> None:
    done = CliRunner().invoke(app, ["simulate", "--json", "nowhere/found.json"])
    assert "--json is nowhere/found.json" in str(done.exception)
