"""Metrics that name their classes."""

import pytest

from textune.errors import UserError
from textune.metrics.of_classes import key_of, named_classes, numbers_of, title_of


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


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        ("f1_of:c", "evaluate.metric is f1_of:c, but the classes are 'a', 'b'"),
        ("mean_f1_of:a,a", "evaluate.metric is mean_f1_of:a,a, but it should name several"),
        ('mean_f1_of:"a",', 'evaluate.metric is mean_f1_of:"a",, but the classes are'),
    ],
)
def test_what_is_no_metric_of_classes(metric: str, told: str) -> None:
    with pytest.raises(UserError) as raised:
        numbers_of(metric, ["a", "b"])
    assert str(raised.value).startswith(told)


def test_keys_have_no_dots() -> None:
    assert key_of("accuracy") == "accuracy"
    assert key_of("f1_of:St. Louis") == "f1_of_St_Louis"
    assert key_of("mean_f1_of:a,b") == "mean_f1_of_a_b"
