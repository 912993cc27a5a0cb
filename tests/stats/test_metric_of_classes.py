"""Methods compared by a metric that names its classes."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tests.fake_runs import settings
from textune.errors import UserError
from textune.report.tables import methods_table
from textune.runs.store import RunSet
from textune.stats.comparison import compare, enough_of_a_class
from textune.stats.comparison_file import read_comparison, write_comparison

METRIC = "mean_f1_of:🙂,very negative"


def test_it_stands_beside_the_others_in_file_and_table(three_seeds: RunSet, tmp_path: Path) -> None:
    found = compare(three_seeds, settings(metric=METRIC))
    write_comparison(tmp_path / "comparison.json", found)
    assert read_comparison(tmp_path / "comparison.json") == found
    table = methods_table(found, {}).markdown()
    assert "| mean F1 of 🙂 and very negative, 90 % interval |" in table
    assert found.enough_of_a_class == enough_of_a_class(2, found.noninferiority_margin)


def test_its_means_are_those_of_scikit_learn(three_seeds: RunSet) -> None:
    found = compare(three_seeds, settings(metric=METRIC))
    means = {}
    for name, runs in three_seeds.items():
        by_seed = [
            f1_score(
                run.predictions["test"].labels,
                run.predicted("test"),
                labels=[2, 0],
                average="macro",
            )
            for run in runs
        ]
        means[name] = float(np.mean(by_seed))
        assert found.method(name).scores[METRIC].mean == pytest.approx(means[name], abs=2e-6)
    for pair in found.pairs:
        expected = means[pair.first] - means[pair.second]
        assert pair.differences[METRIC].difference == pytest.approx(expected, abs=2e-6)


def test_a_class_that_is_not_there(three_seeds: RunSet) -> None:
    with pytest.raises(UserError, match=r"^evaluate\.metric is f1_of:x, but the classes are"):
        compare(three_seeds, settings(metric="f1_of:x"))
