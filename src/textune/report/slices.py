"""The test texts beside the predictions: accuracy on slices of them, and the surest errors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import regex
from numpy.typing import NDArray

from textune.config.sections import EvaluateParams
from textune.errors import UserError
from textune.io import write_csv
from textune.metrics.catalog import DIGITS
from textune.metrics.scores import label_keys
from textune.runs.store import Run, RunSet
from textune.stats.comparison import accuracy_interval
from textune.stats.progress import shown

ERRORS = 50
# With fewer examples an interval would say little and not hold.
SMALLEST = 30
# Beside the methods' names, so no method's name.
_COUNT = "examples"
_HEADER = ("row_id", "actual", "predicted", "confidence", "text")
_WITH = {
    "mention": r"(?<![\w@])@\w+",
    "link": r"\bhttps?\b|\bwww\.",
    "emoji": r"\p{Emoji_Presentation}|\p{Emoji}\uFE0F",
}


def read_texts(path: Path, row_ids: Sequence[str]) -> list[str]:
    """The texts of the prepared split `path`, in the order of `row_ids`.

    Raises `UserError` if the split is missing or has other examples.
    """
    try:
        table = pq.ParquetFile(path).read(columns=["row_id", "text"])
        if table.num_columns < 2:
            raise FileNotFoundError(path)
    except (FileNotFoundError, pa.ArrowException):
        raise UserError(f"{path} is missing or damaged: run `dvc repro`") from None
    if table["row_id"].to_pylist() != list(row_ids):
        raise UserError(f"{path} has other examples than the predictions: run `dvc repro`")
    texts: list[str] = table["text"].to_pylist()
    return texts


def slices(runs: RunSet, texts: Sequence[str], settings: EvaluateParams) -> dict[str, Any]:
    """By slice of test, its number of examples and each method's accuracy with an interval.

    texts: of the n examples of test. Slices are thirds by length in words, each class, and texts
    with a mention, a link and an emoji. A slice of fewer than `SMALLEST` examples is left out. The
    intervals answer the question of the comparison's verdicts, each slice by itself.
    Raises `UserError` if a method has the name of the count.
    """
    if _COUNT in runs:
        raise UserError(f"a method cannot be called {_COUNT}: slices.json counts by that key")
    by_slice: dict[str, Any] = {}
    clusters = runs.first.predictions["test"].clusters
    members = _slices(runs.first, texts)
    for slice_name, inside in shown(members.items(), len(members), "slices of test"):
        if inside.sum() < SMALLEST:
            continue
        by_slice[slice_name] = {_COUNT: int(inside.sum())}
        for name, of_method in runs.items():
            right = np.stack([run.example_scores("test")[inside] for run in of_method])
            accuracy, interval = accuracy_interval(
                right, settings, None if clusters is None else clusters[inside]
            )
            by_slice[slice_name][name] = {
                "accuracy": round(accuracy, DIGITS),
                "low": interval.low,
                "high": interval.high,
            }
    return by_slice


def write_errors(runs: RunSet, texts: Sequence[str], folder: Path) -> None:
    """Write <method>.csv to `folder`: the test examples it is wrong about and surest of.

    By the seeds' mean probabilities, the surest first, at most `ERRORS`.
    """
    for name, of_method in runs.items():
        first = of_method[0]
        test, labels = first.predictions["test"], runs.label_names
        mean = np.mean([run.predictions["test"].probabilities for run in of_method], axis=0)
        predicted = first.task.decide(mean, first.weights)
        confidence = mean[np.arange(len(mean)), predicted]
        wrong = np.flatnonzero(predicted != test.labels)
        surest = wrong[np.argsort(-confidence[wrong], kind="stable")][:ERRORS]
        write_csv(
            folder / f"{name}.csv",
            _HEADER,
            [
                (
                    test.row_ids[number],
                    labels[test.labels[number]],
                    labels[predicted[number]],
                    round(float(confidence[number]), 4),
                    _no_formula(texts[number]),
                )
                for number in surest
            ],
        )


def _slices(run: Run, texts: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """By name, (n,) whether an example of test is in the slice."""
    words = np.array([len(text.split()) for text in texts])
    shorter, longer = np.quantile(words, [1 / 3, 2 / 3])
    members = {
        "length_short": words <= shorter,
        "length_middle": (words > shorter) & (words <= longer),
        "length_long": words > longer,
    }
    labels = run.predictions["test"].labels
    for number, key in enumerate(label_keys(run.record.label_names)):
        members[f"class_{key}"] = labels == number
    for name, pattern in _WITH.items():
        compiled = regex.compile(pattern)
        members[f"with_{name}"] = np.array([bool(compiled.search(text)) for text in texts])
    return members


def _no_formula(text: str) -> str:
    """Spreadsheets run what begins like a formula; an apostrophe in front makes it a text."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
