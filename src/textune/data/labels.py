"""Labels as a data set has them, names or numbers, turned into 0 to k - 1."""

import re
from collections.abc import Callable, Mapping, Sequence

from textune.errors import UserError

Label = str | int | float | bool | None
Where = Callable[[int], str]

_NUMBER = re.compile(r"-?\d+")
# What a table makes of whole numbers that once had gaps between them.
_WHOLE_FLOAT = re.compile(r"(-?\d+)\.0*")
_FRACTION = re.compile(r"-?\d*\.\d+")


def encode_labels(
    columns: Mapping[str, Sequence[Label]], names: list[str] | None, where: Mapping[str, Where]
) -> tuple[list[str], dict[str, list[int]]]:
    """The label names, and each split's labels as indices into them.

    columns: the labels of each split. names: the labels in order, `None` for those that occur,
    sorted; labels that are no names but whole numbers index the names. where: for each split what
    to call a row number in an error. 1.0 counts as 1.

    Raises `UserError` that names the row if a label is missing, is neither a name nor a whole
    number or not among the names, and if there are fewer than two.
    """
    texts = {split: _texts(column, where[split]) for split, column in columns.items()}
    found = {text for column in texts.values() for text in column}
    index = _index(found, names)
    if len(index) < 2:
        raise UserError(
            f"{where['train'](0)}: {', '.join(map(repr, sorted(found))) or 'no'} is the only label"
            " of the data set; two or more are needed"
        )
    for split, column in texts.items():
        for row, text in enumerate(column):
            if text not in index:
                known = ", ".join(map(repr, names or index))
                raise UserError(f"{where[split](row)}: label {text!r:.60} is none of {known:.200}")
    ordered = names or sorted(index, key=lambda name: index[name])
    return ordered, {split: [index[text] for text in column] for split, column in texts.items()}


def _texts(column: Sequence[Label], where: Where) -> list[str]:
    return [_text(label, row, where) for row, label in enumerate(column)]


def _text(label: Label, row: int, where: Where) -> str:
    if not isinstance(label, str | int | float | None):
        raise UserError(f"{where(row)}: the label is {label!r:.60}, neither a name nor a number")
    text = "" if label is None or label != label else _without_zeros(str(label).strip())
    if not text:
        raise UserError(f"{where(row)}: the label is missing; remove the row or label it")
    if _FRACTION.fullmatch(text):
        raise UserError(f"{where(row)}: label {text} is neither a name nor a whole number")
    return text


def _without_zeros(text: str) -> str:
    return _WHOLE_FLOAT.sub(r"\1", text) if _WHOLE_FLOAT.fullmatch(text) else text


def _index(found: set[str], names: list[str] | None) -> dict[str, int]:
    """Which class each label means."""
    if names is None:
        if all(_NUMBER.fullmatch(text) for text in found):
            ordered = sorted(found, key=lambda text: (int(text), text))
        else:
            ordered = sorted(found)
        return {text: number for number, text in enumerate(ordered)}
    by_name = {_without_zeros(name): number for number, name in enumerate(names)}
    by_number = {str(number): number for number in range(len(names))}
    return by_number if found & by_number.keys() and not found & by_name.keys() else by_name
