"""Labels as a data set has them, names or numbers, turned into 0 to k - 1."""

from collections.abc import Callable, Mapping, Sequence

from textune.errors import UserError

Label = str | int | float | bool | None
Where = Callable[[int], str]


def encode_labels(
    columns: Mapping[str, Sequence[Label]], names: list[str] | None, where: Mapping[str, Where]
) -> tuple[list[str], dict[str, list[int]]]:
    """The label names, and each split's labels as indices into them.

    columns: the labels of each split. names: the labels in order, `None` for those that occur,
    sorted; labels that are no names but whole numbers index the names. where: for each split what
    to call a row number in an error. Whole floats count as integers, as a table that once had gaps
    has them.

    Raises `UserError` that names the row if a label is missing, is no whole number or not among
    the names, and if there are fewer than two.
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
                known = ", ".join(names or index)[:200]
                raise UserError(f"{where[split](row)}: label {text!r} is none of {known}")
    ordered = names or sorted(index, key=lambda name: index[name])
    return ordered, {split: [index[text] for text in column] for split, column in texts.items()}


def _texts(column: Sequence[Label], where: Where) -> list[str]:
    return [_text(label, row, where) for row, label in enumerate(column)]


def _text(label: Label, row: int, where: Where) -> str:
    text = "" if label is None or label != label else str(label).strip()
    if not text:
        raise UserError(f"{where(row)}: the label is missing; remove the row or label it")
    try:
        number = float(text)
    except ValueError:
        return text
    if not number.is_integer():
        raise UserError(f"{where(row)}: label {text} is neither a name nor a whole number")
    return str(int(number))


def _index(found: set[str], names: list[str] | None) -> dict[str, int]:
    """Which class each label means."""
    if names is None:
        numbers = all(text.lstrip("-").isdecimal() for text in found)
        ordered = sorted(found, key=int) if numbers else sorted(found)
        return {text: number for number, text in enumerate(ordered)}
    by_name = {name: number for number, name in enumerate(names)}
    by_number = {str(number): number for number in range(len(names))}
    return by_number if found & by_number.keys() and not found & by_name.keys() else by_name
