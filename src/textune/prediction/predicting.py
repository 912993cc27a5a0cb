"""Rows in, rows with predictions out, a window at a time, so that memory does not grow."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from textune.config.sections import Decision
from textune.errors import UserError
from textune.prediction.rows import Row, Table
from textune.prediction.trained import TrainedModel
from textune.prediction.writing import Prediction, Writer

# Texts of like length are found within a window, which ends at so many rows or characters.
_ROWS, _CHARACTERS = 4096, 4_000_000


@dataclass(frozen=True)
class Predictor:
    """Models of one method, whose probabilities are averaged.

    abstain_below: a text whose class is less probable is undecided. allow_empty: a row without a
    text is undecided, too; else it is an error.
    """

    models: list[TrainedModel]
    decision: Decision = "most_probable"
    abstain_below: float = 0.0
    allow_empty: bool = False

    @property
    def label_names(self) -> list[str]:
        """The names of the k classes."""
        return self.models[0].label_names

    def predict(self, rows: list[Row]) -> list[Prediction]:
        """Of each row, in their order. Raises `UserError` for a row without a text."""
        cleaned = [self._cleaned(row) for row in rows]
        texts = [text for text in cleaned if text]
        found = iter(self._predictions(texts)) if texts else iter(())
        return [next(found) if text else Prediction(None, None) for text in cleaned]

    def _predictions(self, texts: list[str]) -> list[Prediction]:
        probabilities = np.mean([model.probabilities(texts) for model in self.models], axis=0)
        classes = self.models[0].decide(probabilities, self.decision)
        sure = probabilities[np.arange(len(texts)), classes] >= self.abstain_below
        return [
            Prediction(self.label_names[number] if decided else None, row.tolist())
            for number, decided, row in zip(classes, sure, probabilities, strict=True)
        ]

    def _cleaned(self, row: Row) -> str:
        text = row.text or ""
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UserError(f"{row.where}: the text is no valid Unicode; mend it") from None
        cleaned = self.models[0].cleaned(text)
        if not cleaned and not self.allow_empty:
            raise UserError(
                f"{row.where} has no text; remove it, or let --allow-empty leave it undecided"
            )
        return cleaned


@dataclass
class Summary:
    """Of all rows: how many there are, how many are undecided, and how many had no text."""

    rows: int = 0
    undecided: int = 0
    empty: int = 0
    seen: Callable[[int], None] = field(default=lambda rows: None, repr=False)

    def add(self, predictions: list[Prediction]) -> None:
        """Count some more."""
        empty = sum(prediction.probabilities is None for prediction in predictions)
        self.rows += len(predictions)
        self.empty += empty
        self.undecided += sum(prediction.label is None for prediction in predictions) - empty
        self.seen(self.rows)


def predict_rows(
    predictor: Predictor, table: Table, writer: Writer, summary: Summary, stream: bool
) -> None:
    """Predict and write every row; one at a time if they are to come out as they come in."""
    if table.names is not None:
        writer.begin(table.names, table.where)
    for window in _windows(table.rows, 1 if stream else _ROWS):
        predictions = predictor.predict(window)
        try:
            writer.write(list(zip(window, predictions, strict=True)))
        except UnicodeEncodeError:
            raise UserError(
                f"{window[0].where} and on: a column is no valid Unicode; mend it"
            ) from None
        summary.add(predictions)


def _windows(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    window: list[Row] = []
    characters = 0
    for row in rows:
        window.append(row)
        characters += len(row.text or "")
        if len(window) >= size or characters >= _CHARACTERS:
            yield window
            window, characters = [], 0
    if window:
        yield window
