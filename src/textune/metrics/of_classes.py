"""Metrics of single classes: `f1_of:<class>`, and `mean_f1_of:<class>,<class>` of several.

TweetEval scores irony by the first, stance by the second.
"""

import csv
from collections.abc import Sequence

from textune.errors import UserError
from textune.metrics.catalog import CATALOG
from textune.metrics.scores import label_keys


def named_classes(metric: str) -> list[str]:
    """The classes that the metric names; none for a metric of all classes.

    In a list, a name with a comma stands in quotes, as in CSV.
    """
    kind, colon, names = metric.partition(":")
    if not colon:
        return []
    listed = [names] if kind == "f1_of" else next(csv.reader([names], skipinitialspace=True))
    return [name.strip() for name in listed]


def numbers_of(metric: str, label_names: Sequence[str]) -> list[int]:
    """The numbers of the classes that the metric names. Raises `UserError` if there is no such."""
    named = named_classes(metric)
    for name in named:
        if name not in label_names:
            raise UserError(
                f"evaluate.metric is {metric}, but the classes are"
                f" {', '.join(map(repr, label_names))}"
            )
    if metric.startswith("mean_f1_of:") and len(set(named)) < max(2, len(named)):
        raise UserError(
            f"evaluate.metric is {metric}, but it should name several classes, each once"
        )
    return [list(label_names).index(name) for name in named]


def key_of(metric: str) -> str:
    """The metric as a key of a file: DVC separates keys by dots."""
    kind = metric.partition(":")[0]
    return "_".join([kind, *label_keys(named_classes(metric))])


def title_of(metric: str) -> str:
    """What people call a metric."""
    *others, last = named_classes(metric) or [""]
    if not last:
        return CATALOG[metric].title
    if not others:
        return f"F1 of {last}"
    return f"mean F1 of {', '.join(others)} and {last}"
