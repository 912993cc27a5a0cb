"""The test texts beside the predictions: accuracy on slices of them, and the worst errors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import regex
from numpy.typing import NDArray

from textune.errors import UserError
from textune.params import EvaluateParams
from textune.results.comparison import interval_of
from textune.results.csv_files import write_csv
from textune.results.metrics import DIGITS, label_keys
from textune.results.predictions import decide
from textune.results.resampling import Groups
from textune.results.runs import Run, Runs

ERRORS = 50
# Of fewer examples there is not much to say, and no interval that would hold.
SMALLEST = 30
_HEADER = ("row_id", "actual", "predicted", "confidence", "text")
_WITH = {
    "mention": r"(?<![\w@])@\w+",
    "link": r"\bhttps?\b|\bwww\.",
    "emoji": r"\p{Emoji_Presentation}|\p{Emoji}\uFE0F",
}


def read_texts(path: Path, row_ids: Sequence[str]) -> list[str]:
    """The texts of the prepared split `path`, in the order of `row_ids`.

    Raises `UserError` if the split is missing or has other rows.
    """
    try:
        table = pq.ParquetFile(path).read(columns=["row_id", "text"])
        if table.num_columns < 2:
            raise FileNotFoundError(path)
    except (FileNotFoundError, pa.ArrowException):
        raise UserError(f"{path} is missing or damaged: run `dvc repro`") from None
    if table["row_id"].to_pylist() != list(row_ids):
        raise UserError(f"{path} has other rows than the predictions: run `dvc repro`")
    texts: list[str] = table["text"].to_pylist()
    return texts


def slices(runs: Runs, texts: Sequence[str], settings: EvaluateParams) -> dict[str, Any]:
    """By slice of test, its number of examples and each method's accuracy with an interval.

    Slices are thirds by length in words, each class, and texts with a mention, a link and an emoji.
    A slice of fewer than `SMALLEST` examples is left out. The intervals answer the comparison's
    question, the method's or the models' (see `comparison`), each slice by itself.
    """
    first = next(iter(runs.values()))[0]
    found: dict[str, Any] = {}
    for name, rows in _slices(first, texts).items():
        if rows.sum() < SMALLEST:
            continue
        numbers: dict[str, Any] = {"examples": int(rows.sum())}
        for method, of_method in runs.items():
            hits = np.stack([run.predictions["test"].hits[rows] for run in of_method])
            # As two classes, wrong and right: accuracy needs no more.
            groups = Groups.of(np.ones(rows.sum(), np.int64), hits.astype(np.int64), 2)
            numbers[method] = {
                key: round(value, DIGITS) for key, value in interval_of(groups, settings).items()
            }
        found[name] = numbers
    return found


def write_errors(runs: Runs, texts: Sequence[str], folder: Path) -> None:
    """Write `<method>.csv` to `folder`: the test examples it is wrong about and surest of.

    By the seeds' mean probabilities, the surest first, at most `ERRORS`.
    """
    for method, of_method in runs.items():
        test = of_method[0].predictions["test"]
        names = of_method[0].record.label_names
        mean = np.mean([run.predictions["test"].probabilities for run in of_method], axis=0)
        predicted = decide(mean, test.weights)
        confidence = mean[np.arange(len(mean)), predicted]
        wrong = np.flatnonzero(predicted != test.labels)
        worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:ERRORS]
        write_csv(
            folder / f"{method}.csv",
            _HEADER,
            [
                (
                    test.row_ids[row],
                    names[test.labels[row]],
                    names[predicted[row]],
                    round(float(confidence[row]), 4),
                    _no_formula(texts[row]),
                )
                for row in worst
            ],
        )


def _slices(run: Run, texts: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """By name, (n,) whether an example is in the slice."""
    words = np.array([len(text.split()) for text in texts])
    shorter, longer = np.quantile(words, [1 / 3, 2 / 3])
    found = {
        "length_short": words <= shorter,
        "length_middle": (words > shorter) & (words <= longer),
        "length_long": words > longer,
    }
    labels = run.predictions["test"].labels
    for number, key in enumerate(label_keys(run.record.label_names)):
        found[f"class_{key}"] = labels == number
    for name, pattern in _WITH.items():
        compiled = regex.compile(pattern)
        found[f"with_{name}"] = np.array([bool(compiled.search(text)) for text in texts])
    return found


def _no_formula(text: str) -> str:
    """Spreadsheets run what begins like a formula; an apostrophe in front makes it a text."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
