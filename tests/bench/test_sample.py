"""The timed rows: of any folder, of the data set's own lengths, in batches as of a whole pass."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from tests.tiny import write_tweeteval
from textune.bench.contenders import OwnTraining, _like_lengths
from textune.bench.sample import model_params, read_corpus, sample_texts, spread, write_sample
from textune.data.prepared import PreparedSplit, read_prepared
from textune.errors import UserError
from textune.params import Params

MakeParams = Callable[..., Params]


def test_a_folder_that_nothing_tracks_is_read(tiny_params: MakeParams, tmp_path: Path) -> None:
    params = tiny_params()
    write_tweeteval(tmp_path / "own", {"train": 30, "val": 12, "test": 15})
    corpus = read_corpus(params.data, tmp_path / "own")
    sample = write_sample(
        tmp_path / "rows", params.model, corpus.label_names, sample_texts(corpus, params)
    )
    data = read_prepared(sample.folder)
    assert len(data.train) == 30
    assert sample.tokens == pytest.approx(data.train.lengths.mean())


def test_a_folder_without_the_files_is_told(tiny_params: MakeParams, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mapping\.txt is missing"):
        read_corpus(tiny_params().data, tmp_path)


def test_spread_takes_short_and_long_batches_evenly() -> None:
    batches = [[number] for number in (5, 0, 3, 1, 4, 2)]
    assert spread(batches, np.arange(6), 3) == [[5], [3], [1]]
    assert spread(batches, np.arange(6), 9) == batches


def test_textune_gets_the_blocks_of_the_sorted_rows() -> None:
    lengths = np.random.default_rng(0).permutation(96) + 1
    offsets = np.zeros_like(lengths)
    split = PreparedSplit([str(row) for row in lengths], lengths, lengths, offsets, lengths)
    chosen = np.sort(_like_lengths(split, batch_size=8, rows=32).lengths)
    assert len(chosen) == 32
    for block in chosen.reshape(4, 8):
        # Twelve blocks of eight in a row: each is whole, and begins where one of all begins.
        assert block[0] % 8 == 1
        assert (np.diff(block) == 1).all()
    assert abs(chosen.mean() / lengths.mean() - 1) < 0.1


@pytest.mark.parametrize("method", ["baseline", "lora"])
def test_textune_trains(tiny_params: MakeParams, tmp_path: Path, method: str) -> None:
    params = tiny_params()
    write_tweeteval(tmp_path / "own", {"train": 30, "val": 12, "test": 15})
    corpus = read_corpus(params.data, tmp_path / "own")
    texts = sample_texts(corpus, params)
    sample = write_sample(tmp_path / "rows", params.model, corpus.label_names, texts)
    own = OwnTraining(method, params, read_prepared(sample.folder), 16, nullcontext())
    assert own.tweets_per_second() > 0


def test_the_larger_model_has_distilberts_size(tmp_path: Path) -> None:
    from transformers import AutoConfig

    params = model_params("distilbert", 128, tmp_path)
    config = AutoConfig.from_pretrained(params.name)
    assert (config.dim, config.n_layers, config.n_heads, config.hidden_dim) == (768, 6, 12, 3072)
    assert config.vocab_size == 30522
