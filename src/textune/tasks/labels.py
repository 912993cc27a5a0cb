"""Labels as a data set has them, names or numbers, turned into 0 to k - 1."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from textune.errors import UserError

Label = str | int | float | bool | Decimal | None
Where = Callable[[int], str]
Encoded = tuple[list[str], dict[str, list[int]]]

# Longer ones are names.
_NUMBER = re.compile(r"-?\d{1,18}")
# What a table makes of whole numbers that once had gaps between them.
_WHOLE_FLOAT = re.compile(r"(-?\d+)\.0*")
_FRACTION = re.compile(r"-?\d*\.\d+")


def encode_labels(
    columns: Mapping[str, Sequence[Label]], names: list[str] | None, where: Mapping[str, Where]
) -> Encoded:
    """The label names, and each split's labels as indices into them.

    columns: the labels of each split. names: the labels in order, `None` for those that occur,
    sorted; labels that are no names but whole numbers index the names. where: for each split what
    to call a row number in an error. 1.0 counts as 1.

    Raises `UserError` that names the row if a label is missing, is neither a name nor a whole
    number or not among the names (without names: those that train has), and if there are fewer than
    two.
    """
    texts = {split: _texts(column, where[split]) for split, column in columns.items()}
    if names is None:
        _require_labels_of_train(texts, where)
    occurring = {text for column in texts.values() for text in column}
    index = _index(occurring, names)
    for split, column in texts.items():
        for row, text in enumerate(column):
            if text not in index:
                raise _unknown(where[split](row), text, names or list(index))
            if names is None and _FRACTION.fullmatch(text):
                raise UserError(
                    f"{where[split](row)}: label {text} is neither a name nor a whole number"
                )
    if len(index) < 2:
        raise UserError(
            f"{where['train'](0)}: {', '.join(map(repr, sorted(occurring))) or 'no'} is the only"
            " label of the data set; two or more are needed"
        )
    ordered = names or sorted(index, key=lambda name: index[name])
    return ordered, {split: [index[text] for text in column] for split, column in texts.items()}


def encode_classes(
    columns: Mapping[str, Sequence[int | None]],
    classes: list[str],
    names: list[str] | None,
    where: Mapping[str, Where],
) -> Encoded:
    """The same for labels that are numbers of `classes`.

    names: the classes in another order, or, where none of them is the name of a class, other names
    for them. Raises `UserError` if a label is missing or its class is not among the names, or if
    there are not as many other names as classes.
    """
    if names is None or set(names).isdisjoint(classes):
        ordered, index = names or classes, list(range(len(classes)))
        if len(ordered) != len(classes):
            raise UserError(
                f"data.label_names has {len(ordered)} names, but there are {len(classes)} classes:"
                f" {', '.join(map(repr, classes)):.200}"
            )
    else:
        ordered = names
        index = [names.index(name) if name in names else -1 for name in classes]
    for split, column in columns.items():
        for row, label in enumerate(column):
            # The hub's sign for a missing label is -1.
            if label is None or label < 0:
                raise _missing(where[split](row))
            if index[label] < 0:
                raise _unknown(where[split](row), classes[label], ordered)
    encoded = {
        split: [index[label] for label in column if label is not None]
        for split, column in columns.items()
    }
    return ordered, encoded


def _require_labels_of_train(texts: Mapping[str, list[str]], where: Mapping[str, Where]) -> None:
    """Raise `UserError` if another split has labels that train lacks: nothing could learn them."""
    known = set(texts["train"])
    for split, column in texts.items():
        strangers = [row for row, text in enumerate(column) if text not in known]
        if not strangers:
            continue
        have = f"{', '.join(map(repr, sorted(known))):.200}"
        if len(strangers) == len(column):
            raise UserError(
                f"data.{split}_split: no label of {split} is one of train's, {have}; if it is not"
                f" labelled, set it to cut ({where[split](0)} has {column[0]!r:.60})"
            )
        first = strangers[0]
        raise UserError(
            f"{where[split](first)}: no example of train has the label {column[first]!r:.60} of"
            f" {len(strangers)} in {split}, only {have}; correct it, or name all in"
            " data.label_names"
        )


def _missing(place: str) -> UserError:
    return UserError(f"{place}: the label is missing; remove the row or label it")


def _unknown(place: str, label: str, names: list[str]) -> UserError:
    known = ", ".join(map(repr, names))
    return UserError(f"{place}: label {label!r:.60} is none of {known:.200}")


def _texts(column: Sequence[Label], where: Where) -> list[str]:
    return [_text(label, row, where) for row, label in enumerate(column)]


def _text(label: Label, row: int, where: Where) -> str:
    if not isinstance(label, str | int | float | Decimal | None):
        raise UserError(f"{where(row)}: the label is {label!r:.60}, neither a name nor a number")
    text = "" if label is None or label != label else _without_zeros(str(label).strip())
    if not text:
        raise _missing(where(row))
    return text


def _without_zeros(text: str) -> str:
    return _WHOLE_FLOAT.sub(r"\1", text) if _WHOLE_FLOAT.fullmatch(text) else text


def _index(occurring: set[str], names: list[str] | None) -> dict[str, int]:
    """Which class each label means."""
    if names is None:
        if all(_NUMBER.fullmatch(text) for text in occurring):
            ordered = sorted(occurring, key=lambda text: (int(text), text))
        else:
            ordered = sorted(occurring)
        return {text: number for number, text in enumerate(ordered)}
    by_name = {_without_zeros(name.strip()): number for number, name in enumerate(names)}
    by_number = {str(number): number for number in range(len(names))}
    if occurring & by_name.keys() or not occurring & by_number.keys():
        return by_name
    if "0" not in occurring:
        raise UserError(
            f"data.label_names: labels that are numbers count from 0, but no label is 0; give the"
            f" labels as they are: {', '.join(sorted(occurring)):.200}"
        )
    return by_number
