"""The words for the two questions."""

import pytest

from tests.fake_runs import settings
from textune.report.titles import interval_title, percent, question_answered
from textune.runs.store import RunSet
from textune.stats.comparison import compare
from textune.stats.results import Comparison, Question


@pytest.fixture(scope="module")
def comparison(runs: RunSet) -> Comparison:
    """Of two seeds: about the trained models."""
    return compare(runs, settings())


def test_fixed_models(comparison: Comparison) -> None:
    assert question_answered(comparison) == (
        "Fixed models: would these trained models rank the same on a new test set?"
        " Intervals of scores, and verdicts, answer this question, from 2 seeds and 240 test"
        " examples. An answer over seeds takes at least 3 seeds."
    )


def test_over_seeds(comparison: Comparison) -> None:
    changes = {"question": Question.OVER_SEEDS, "seeds": 3, "examples": 12_284}
    assert question_answered(comparison.model_copy(update=changes)) == (
        "Over seeds: would newly trained models, from other seeds, rank the same?"
        " Intervals of scores, and verdicts, answer this question, from 3 seeds and 12,284 test"
        " examples."
    )


def test_one_seed_is_no_plural(comparison: Comparison) -> None:
    assert "from 1 seed and" in question_answered(comparison.model_copy(update={"seeds": 1}))


def test_intervals(comparison: Comparison) -> None:
    assert interval_title(comparison, Question.FIXED_MODELS) == "fixed models, 90 % interval"
    assert interval_title(comparison, Question.OVER_SEEDS) == "over seeds, 90 % interval"
    assert (percent(0.95), percent(0.999)) == ("95 %", "99.9 %")
