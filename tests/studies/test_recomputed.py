"""Figures of the study's predictions agree with those by formulas and libraries of others."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from studies.tweeteval_minilm import agreement, recomputed
from studies.tweeteval_minilm.both_sides import Check, Study
from studies.tweeteval_minilm.other_means import anova_error, exact_pvalue, permutation_pvalue
from studies.tweeteval_minilm.predicted import read
from studies.tweeteval_minilm.results import STUDY
from tests.fake_runs import settings
from textune.io import read_json
from textune.runs.loading import load_runs

METHODS = ["lora", "lora_all_linear", "full"]
SEEDS = [0, 1, 2]


@pytest.fixture(scope="module")
def study() -> Study:
    """Three of the methods, with fewer resamples than the study has."""
    runs = load_runs(dict.fromkeys(METHODS, STUDY / "runs"), SEEDS, {})
    changes = {"confidence_level": 0.95, "noninferiority_margin": 0.01, "resamples": 1500}
    return Study(runs, settings(**changes), read(METHODS, SEEDS))


def agree(check: Check, absolute: float = 0.0, relative: float = 0.0) -> None:
    for name, (ours, theirs) in check.values.items():
        assert ours == pytest.approx(theirs, abs=absolute, rel=relative), f"{check.figure}, {name}"


def test_mean_scores_are_scikit_learns(study: Study) -> None:
    checks = list(agreement.mean_scores(study))
    assert [len(check.values) for check in checks] == [3] * 5
    for check in checks:
        agree(check, absolute=1e-6)


def test_standard_deviations_are_those_by_formula(study: Study) -> None:
    of_seeds, of_test = agreement.spreads(study)
    agree(of_seeds, absolute=1e-6)
    agree(of_test, relative=0.06)


def test_answers_over_seeds_are_those_by_formula(study: Study) -> None:
    """textune draws the covariances over examples; 1,500 draws leave 1.8 % of a deviation."""
    (scores,) = agreement.scores_over_seeds(study)
    errors, df, intervals, pvalues, powers = agreement.differences_over_seeds(study)
    agree(scores, absolute=4e-4)
    agree(errors, relative=0.06)
    agree(df, relative=0.15)
    agree(intervals, absolute=4e-4)
    agree(pvalues, absolute=0.02)
    agree(powers, absolute=0.02)


def test_corrections_and_sureness(study: Study) -> None:
    (corrected,) = agreement.corrections(study)
    assert len(corrected.values) == 18
    agree(corrected, relative=1.2e-3)
    sure = agreement.sure(study)
    assert any(0.1 < ours < 0.99 for ours, _ in sure.values.values())
    agree(sure, absolute=0.005)


def test_mcnemars_test_is_scipys_binomial_test_of_the_discordant(study: Study) -> None:
    check = next(agreement.fixed_models_p(study))
    assert len(check.values) == 9
    assert len({ours for ours, _ in check.values.values()}) == 9
    agree(check, relative=6e-4)


def test_the_error_by_mean_squares_is_that_of_a_mixed_model() -> None:
    """REML's, with random seeds, examples, and examples by method; 320 numbers."""
    random = np.random.default_rng(0)
    of_example, seeds, n = random.normal(size=40), 4, 40
    both = [
        of_example
        + 0.3 * random.normal(size=n)
        + 0.8 * random.normal(size=(seeds, 1))
        + random.normal(size=(seeds, n))
        for _ in range(2)
    ]
    rows = [
        (method, f"{method} {seed}", example, f"{method} {example}", both[method][seed, example])
        for method in range(2)
        for seed in range(seeds)
        for example in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["method", "seed", "example", "cell", "score"])
    random_parts = {name: f"0 + C({name})" for name in ("seed", "example", "cell")}
    model = MixedLM.from_formula(
        "score ~ method",
        frame,
        groups=np.zeros(len(frame)),
        re_formula="0",
        vc_formula=random_parts,
    )
    assert anova_error(both[1], both[0]) == pytest.approx(model.fit().bse["method"], rel=1e-3)


def test_counting_all_exchanges_gives_what_drawing_them_nears() -> None:
    random = np.random.default_rng(0)
    gain = random.choice([-2, -1, 0, 1, 2, 3], size=200, p=[0.1, 0.1, 0.5, 0.1, 0.1, 0.1]) / 3
    gain -= np.where(np.arange(200) < 40, 1 / 3, 0)
    gain = np.clip(gain, -1, 1)
    drawn = permutation_pvalue(gain, 5000)
    assert exact_pvalue(gain, 3) == pytest.approx(drawn, abs=0.03)
    assert exact_pvalue(np.array([1, 1, 1, 1, -1]) / 1, 1) == pytest.approx(12 / 32)


def test_the_table_shows_what_differs_most() -> None:
    check = Check("score", "by hand", {"a": (1.0, 1.0), "b": (0.5, 0.75), "c": (0.0, 0.1)})
    assert check.row() == {
        "figure": "score",
        "how_many": 3,
        "least_alike": "b",
        "textune": 0.5,
        "other": 0.75,
        "difference": -0.25,
        "means": "by hand",
    }
    assert replace(check, values={"a": (1.0, 2.0)}).least_alike == "a"
    table = recomputed.markdown()
    assert len(table.splitlines()) == 2 + len(read_json(recomputed.FILE)["rows"])
