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

    `tables` has either the three splits of the data set, by name, or one table `all`. A table has
    the columns `row_id` (unique text), `text`, `label` (index into `label_names`) and, where the
    source tells it, `confidence` (0 to 1, or missing).
    """

    label_names: list[str]
    tables: "dict[str, pd.DataFrame]"

    @property
    def has_splits(self) -> bool:
        """Whether the data set comes with splits of its own."""
        return "all" not in self.tables


def read_source(params: "DataParams") -> Corpus:
    """The data set that `params` name. Raises `UserError` if it is not there or not valid."""
    corpus: Corpus = importlib.import_module(f"{__name__}.{params.source}").read(params)
    return corpus
