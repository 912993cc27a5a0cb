"""TweetEval (Barbieri et al. 2020) from the hub: `data.config` is one of its tasks, such as
sentiment, emotion or irony."""

from textune.config.sections import DataParams
from textune.data.corpus import Corpus
from textune.data.sources import hub
from textune.errors import UserError
from textune.tasks.base import Task

NAME = "cardiffnlp/tweet_eval"
REVISION = "b3a375baf0f409c77e6bc7aa35102b7b3534f8be"


def read(params: DataParams, task: Task) -> Corpus:
    """The task `data.config`, its splits and label names. Raises `UserError` as `hub` does."""
    if params.config is None:
        raise UserError("data.config is null; set it to a task of TweetEval, such as sentiment")
    own = {
        "name": NAME,
        "revision": params.revision or REVISION,
        "text_column": "text",
        "label_column": "label",
        "label_names": None,
        "train_split": "train",
        "validation_split": "validation",
        "test_split": "test",
    }
    return hub.read(params.model_copy(update=own), task)
