"""Windows of rows, and how an ensemble and a threshold decide."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from textune.prediction.predicting import Predictor, Summary, predict_rows
from textune.prediction.rows import Row, Table, rows_of_texts
from textune.prediction.trained import TrainedModel
from textune.prediction.writing import Predicted, Writer


class Seen(Writer):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__(["no", "yes"])
        self.windows: list[Predicted] = []

    def write(self, predicted: Predicted) -> None:
        self.windows.append(predicted)


def trained(yes: float) -> TrainedModel:
    """Says yes with this probability, whatever the text."""
    record: Any = SimpleNamespace(
        label_names=["no", "yes"],
        task="single_label",
        temperature=1.0,
        data={
            "cleaning": {"fix_encoding": False, "mask_mentions": True, "mask_links": False},
            "examples": {"validation": [9, 1]},
        },
    )
    outputs = np.log([1 - yes, yes])
    model: Any = SimpleNamespace(outputs=lambda texts: np.tile(outputs, (len(texts), 1)))
    return TrainedModel(record, model)


def test_windows_end_by_rows_and_by_characters() -> None:
    read: list[int] = []

    def rows(size: int, length: int) -> Iterator[Row]:
        for row in rows_of_texts("x" * length for _ in range(size)):
            read.append(1)
            yield row

    for size, length, stream, expected in (
        (10_000, 1, False, [4096, 4096, 1808]),
        (9, 1_000_000, False, [4, 4, 1]),
        (3, 1, True, [1, 1, 1]),
    ):
        seen, summary = Seen(), Summary()
        table = Table("texts", ["text"], rows(size, length))
        predict_rows(Predictor([trained(0.4)]), table, seen, summary, stream)
        assert [len(window) for window in seen.windows] == expected
        assert summary.rows == size == len(read)
        read.clear()


def test_seeds_are_averaged_and_the_unsure_are_undecided() -> None:
    (row,) = rows_of_texts(["a"])
    (found,) = Predictor([trained(0.2), trained(0.7)]).predict([row])
    assert found.probabilities == pytest.approx([0.55, 0.45])
    assert found.label == "no"
    assert Predictor([trained(0.2)], abstain_below=0.8).predict([row])[0].label == "no"
    assert Predictor([trained(0.2)], abstain_below=0.81).predict([row])[0].label is None
    # In validation yes is rare, so 0.2 is much.
    assert Predictor([trained(0.2)], decision="balanced").predict([row])[0].label == "yes"


def test_texts_are_cleaned_as_the_run_says() -> None:
    assert trained(0.5).cleaned("@anna  see https://x.org &amp;") == "@user see https://x.org &amp;"
