"""Metrics that name their classes."""

import pytest

from textune.errors import UserError
from textune.metrics.of_classes import named_classes, numbers_of, title_of


@pytest.mark.parametrize(
    ("metric", "names", "title"),
    [
        ("accuracy", [], "accuracy"),
        ("f1_of:irony", ["irony"], "F1 of irony"),
        ("f1_of:a, b", ["a, b"], "F1 of a, b"),
        ("mean_f1_of:against,favor", ["against", "favor"], "mean F1 of against and favor"),
        ('mean_f1_of:"a, b", c,d', ["a, b", "c", "d"], "mean F1 of a, b, c and d"),
    ],
)
def test_names(metric: str, names: list[str], title: str) -> None:
    assert named_classes(metric) == names
    assert title_of(metric) == title
    assert numbers_of(metric, ["x", *names]) == [*range(1, len(names) + 1)]


def test_an_unknown_class() -> None:
    with pytest.raises(UserError, match=r"^evaluate.metric is f1_of:c, but the classes are a, b$"):
        numbers_of("f1_of:c", ["a", "b"])
