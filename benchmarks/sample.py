"""The examples that are timed, and the models that train on them.

A round has no time for a whole epoch. But with fewer examples to choose from, batches of like
length need more padding: with 256 examples Trainer's have 38 % more tokens than the texts, with
8,000 3 %. So each contender makes its batches of thousands of examples, and trains on some, short
and long (`spread`). Speed is counted in the texts' own tokens and given in examples of the mean
length.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from textune.config.sections import ModelParams
from textune.data.cleaning import clean
from textune.data.corpus import SPLITS, Corpus
from textune.data.sources.files import read_folder
from textune.data.sources.registry import read_source
from textune.data.splitting import split
from textune.data.tokenized import Prepared, read_prepared, write_prepared
from textune.params import Params

_MINILM = "bundled:all-MiniLM-L6-v2"
# Batches are made of at most so many examples.
_POOL = 8192
# Never timed, for what wants a validation and a test split.
_HELD_OUT = 16


@dataclass(frozen=True)
class Sample:
    """Examples in `folder`, as `prepare` writes them, tokenized for `model`.

    `mean_tokens` is the mean length of a text, special tokens included, padding not.
    """

    folder: Path
    model: ModelParams
    mean_tokens: float


def read_corpus(params: Params, folder: Path | None) -> Corpus:
    """The data set in `folder`, in TweetEval's layout, or, without, the one that `params` name.

    The folder need not be tracked: nothing that DVC keeps comes of it. Raises `UserError` if the
    data set is not there or not valid.
    """
    return read_source(params.data, params.task) if folder is None else read_folder(folder)


def sample_texts(corpus: Corpus, params: Params) -> pd.DataFrame:
    """At most 8,192 examples of train, cleaned, drawn at random: of the data set's own lengths.

    Columns `row_id`, `text`, `label`.
    """
    train = corpus.tables["train"]
    # Cleaning drops some, and takes its time: so not all of them, but enough.
    drawn = train.sample(min(2 * _POOL, len(train)), random_state=params.data.split_seed)
    cleaned, _ = clean(Corpus(corpus.label_names, {"train": drawn}), params.data)
    return cleaned.tables["train"].head(_POOL)


def write_sample(
    folder: Path, params: Params, model: ModelParams, label_names: list[str], texts: pd.DataFrame
) -> Sample:
    """Tokenize `texts` for `model` and write them to `folder`, as all three splits."""
    from textune.modeling.tokenizer import tokenize

    train = texts.assign(token_ids=tokenize(model, texts["text"]))
    splits = {name: train if name == "train" else train.head(_HELD_OUT) for name in SPLITS}
    write_prepared(folder, label_names, splits, params.data.cleaning)
    return Sample(folder, model, float(train["token_ids"].list.len().mean()))


def prepare(params: Params, folder: Path | None) -> Prepared:
    """The whole data set, cleaned, split and tokenized, as the stage `prepare` does, in memory."""
    from textune.modeling.tokenizer import tokenize

    corpus, _ = clean(read_corpus(params, folder), params.data)
    tables, _ = split(corpus, params.data)
    for name, table in tables.items():
        tables[name] = table.assign(token_ids=tokenize(params.model, table["text"]))
    with tempfile.TemporaryDirectory() as prepared:
        write_prepared(Path(prepared), corpus.label_names, tables, params.data.cleaning)
        return read_prepared(Path(prepared))


def spread(batches: Sequence[list[int]], lengths: np.ndarray, count: int) -> list[list[int]]:
    """`count` of the batches, or all: evenly from that with the shortest texts to the longest.

    `lengths` (n,) are the examples' numbers of tokens. The order stays.
    """
    count = min(count, len(batches))
    by_length = np.argsort([lengths[batch].max() for batch in batches], kind="stable")
    chosen = by_length[((np.arange(count) + 0.5) * len(batches) / count).astype(int)]
    return [batches[number] for number in np.sort(chosen)]


def model_params(name: str, max_length: int, folder: Path) -> ModelParams:
    """The model that a cell names; `distilbert` is made in `folder` if it is not there."""
    if name == "minilm":
        name = _MINILM
    elif name == "distilbert":
        name = str(_random_distilbert(folder / "distilbert"))
    return ModelParams(name=name, revision=None, max_length=max_length)


def _random_distilbert(folder: Path) -> Path:
    """A model of DistilBERT's size with random weights, which serve to measure time."""
    if not folder.exists():
        from transformers import DistilBertConfig, DistilBertModel, DistilBertTokenizerFast

        from textune.modeling.tokenizer import load_tokenizer

        minilm = ModelParams(name=_MINILM, revision=None, max_length=128)
        # MiniLM's own would give the numbers of sentences, too, which DistilBERT does not take.
        backend = load_tokenizer(minilm).backend_tokenizer
        tokenizer = DistilBertTokenizerFast(tokenizer_object=backend)
        # The class's own defaults are distilbert-base-uncased's: 6 layers, 768, 12 heads, 3072.
        config = DistilBertConfig(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id)
        DistilBertModel(config).save_pretrained(folder, safe_serialization=True)
        tokenizer.save_pretrained(folder)
    return folder
