"""A labelled data set as its source has it."""

from dataclasses import dataclass

import pandas as pd

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Corpus:
    """What a source holds, as it stands there.

    `tables` has `train` and the other splits that are the data set's own; those that it lacks are
    cut from train later. A table has the columns `row_id` (unique), `text`, both as Arrow
    strings, and `label` (index into `label_names`). It has `confidence` (0 to 1, or missing) where
    the source tells it, and `group` (Arrow strings, none missing) where `data.group_column` is set.
    """

    label_names: list[str]
    tables: dict[str, pd.DataFrame]
