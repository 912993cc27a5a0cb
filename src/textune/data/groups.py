"""Names of groups: what stands in the column `data.group_column`."""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from textune.data.arrow import strings
from textune.errors import UserError
from textune.tasks.labels import Where


def group_names(values: Iterable[Any], row_ids: Iterable[str], where: Where) -> pd.Series:
    """The group of each row, as Arrow strings.

    A row without a value (none, NaN or only white space) is a group of its own. The
    numbers 3 and 3.0 are both the group `3`. `where` says where a row stands.
    Raises `UserError` if a value is a list or a mapping.
    """

    def names() -> Iterator[str]:
        for row, (value, row_id) in enumerate(zip(values, row_ids, strict=True)):
            if isinstance(value, list | dict):
                raise UserError(
                    f"data.group_column: {where(row)} is {value!r:.60}, neither a name nor a number"
                )
            yield _name(value) or f"(no group) {row_id}"

    return strings(names())


def _name(value: Any) -> str:
    """Empty if there is none."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    name = str(value)
    return name if name.strip() else ""
