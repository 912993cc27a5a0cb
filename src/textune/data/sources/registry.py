"""The sources by name: `data.source` in params.yaml is the name of a file here."""

import importlib

from textune.config.explaining import shown
from textune.config.sections import DataParams
from textune.data.corpus import Corpus
from textune.errors import UserError
from textune.tasks.base import Task

SOURCE_NAMES = ("crowdflower", "files", "hub", "table", "tweet_eval")
# Those that read `data.path`.
OF_FILES = ("files", "table")
# Those with columns that parameters name.
OF_COLUMNS = ("hub", "table")
# Those with revisions.
OF_HUB = ("hub", "tweet_eval")


def require_source(params: DataParams) -> None:
    """Raise `UserError` if there is no such source, or it has not what other parameters ask for."""
    if params.source not in SOURCE_NAMES:
        raise UserError(
            f"data.source is {shown(params.source)}, but it may be {', '.join(SOURCE_NAMES)}"
        )
    _only_for(OF_COLUMNS, params, "group_column", "columns to choose from")
    _only_for(OF_HUB, params, "revision", "revisions")


def read_source(params: DataParams, task: Task) -> Corpus:
    """The data set that `params` name. Raises `UserError` if it is not there or not valid."""
    require_source(params)
    module = importlib.import_module(f"textune.data.sources.{params.source}")
    corpus: Corpus = module.read(params, task)
    return corpus


def _only_for(sources: tuple[str, ...], params: DataParams, key: str, what: str) -> None:
    value = getattr(params, key)
    if value is not None and params.source not in sources:
        raise UserError(
            f"data.{key} is {shown(value)}, but only the sources {' and '.join(sources)} have"
            f" {what}; set it to null"
        )
