"""Where labelled text comes from: one file a source, each with `read(params) -> Corpus`.

`data.source` in params.yaml is the name of the file.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from textune.params import DataParams

SOURCE_NAMES = tuple(module.name for module in pkgutil.iter_modules(__path__))
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Corpus:
    """What a source holds, as it stands there.

    `tables` has `train` and the other splits that are the data set's own; those that it lacks are
    cut from train later. A table has the columns `row_id` (unique), `text`, both as Arrow
    strings, `label` (index into `label_names`) and, where the source tells it, `confidence` (0 to
    1, or missing).
    """

    label_names: list[str]
    tables: "dict[str, pd.DataFrame]"


def read_source(params: "DataParams") -> Corpus:
    """The data set that `params` name. Raises `UserError` if it is not there or not valid."""
    corpus: Corpus = importlib.import_module(f"{__name__}.{params.source}").read(params)
    return corpus
