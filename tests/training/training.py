"""Tiny training: prepared data, and learners that have started or are done."""

from pathlib import Path

import pandas as pd
from torch import nn

from tests.tiny import write_tweeteval
from textune.data.sources.files import read_folder
from textune.data.tokenized import Prepared, read_prepared, write_prepared
from textune.modeling.tokenizer import load_tokenizer
from textune.params import Params
from textune.pipeline.learners import make_learner
from textune.training.learner import EncoderLearner


def prepared(folder: Path, params: Params, rows: dict[str, int]) -> Prepared:
    """Tiny tweets, tokenized for the model of `params`."""
    corpus = read_folder(write_tweeteval(folder / "raw", rows))
    tokenizer = load_tokenizer(params.model)
    tables: dict[str, pd.DataFrame] = {}
    for name, table in corpus.tables.items():
        # Texts of different length in an order that is not the order of length.
        texts = [text + " the" * (number % 5) for number, text in enumerate(table["text"])]
        tables[name] = table.assign(text=texts, token_ids=tokenizer(texts)["input_ids"])
    write_prepared(folder / "prepared", corpus.label_names, tables, params.data.cleaning)
    return read_prepared(folder / "prepared")


def learner(
    params: Params,
    name: str,
    data: Prepared,
    seed: int = 0,
    live: Path | None = None,
    together: int = 1,
) -> EncoderLearner:
    """A learner that has not started."""
    made = make_learner(params, name, data, seed, live, together=together)
    assert isinstance(made, EncoderLearner)
    return made


def started(
    params: Params, name: str, data: Prepared, seed: int = 0, live: Path | None = None
) -> EncoderLearner:
    """A learner with its untrained model."""
    made = learner(params, name, data, seed, live)
    made.start()
    return made


def fitted(
    params: Params, name: str, data: Prepared, seed: int = 0, live: Path | None = None
) -> tuple[EncoderLearner, list[dict[str, float]]]:
    """A learner that is done, and validation's metrics by epoch."""
    made = started(params, name, data, seed, live)
    return made, made.fit()


def without_dropout(model: nn.Module) -> None:
    """Set every dropout rate of the model to 0."""
    for module in model.modules():
        for name in {"p", "dropout_prob"} & vars(module).keys():
            setattr(module, name, 0.0)
