"""The sources by name: `data.source` in params.yaml is the name of a file here."""

import importlib

from textune.config.sections import DataParams
from textune.data.corpus import Corpus
from textune.errors import UserError
from textune.tasks.base import Task

SOURCE_NAMES = ("crowdflower", "files", "hub", "table", "tweet_eval")
# Those that read `data.path`.
OF_FILES = ("files", "table")
# Those with columns that parameters name.
OF_COLUMNS = ("hub", "table")


def require_source(name: str) -> None:
    """Raise `UserError` if there is no such source."""
    if name not in SOURCE_NAMES:
        raise UserError(f"data.source is {name!r}, but it may be {', '.join(SOURCE_NAMES)}")


def read_source(params: DataParams, task: Task) -> Corpus:
    """The data set that `params` name. Raises `UserError` if it is not there or not valid."""
    require_source(params.source)
    if params.group_column is not None and params.source not in OF_COLUMNS:
        raise UserError(
            f"data.group_column is {params.group_column!r}, but only the sources"
            f" {' and '.join(OF_COLUMNS)} have columns to choose from; set it to null"
        )
    module = importlib.import_module(f"textune.data.sources.{params.source}")
    corpus: Corpus = module.read(params, task)
    return corpus
