"""The timed examples: of any folder, of the data set's own lengths, in batches as of an epoch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.contenders import OwnTraining, like_lengths
from benchmarks.sample import (
    Sample,
    model_params,
    prepare,
    read_corpus,
    sample_texts,
    spread,
    write_sample,
)
from tests.tiny import write_tweeteval
from textune.data.tokenized import PreparedSplit, read_prepared
from textune.errors import UserError
from textune.params import Params
from textune.training.learner import EncoderLearner

MakeParams = Callable[..., Params]


def sample(params: Params, folder: Path) -> Sample:
    write_tweeteval(folder / "own", {"train": 30, "val": 12, "test": 15})
    corpus = read_corpus(params, folder / "own")
    texts = sample_texts(corpus, params)
    return write_sample(folder / "sample", params, params.model, corpus.label_names, texts)


def test_a_folder_that_nothing_tracks_is_read(tiny_params: MakeParams, tmp_path: Path) -> None:
    written = sample(tiny_params(), tmp_path)
    data = read_prepared(written.folder)
    assert len(data.train) == 30
    assert written.mean_tokens == pytest.approx(data.train.lengths.mean())


def test_without_a_folder_the_parameters_name_the_data(
    tiny_params: MakeParams, tmp_path: Path
) -> None:
    write_tweeteval(tmp_path / "own", {"train": 30, "val": 12, "test": 15})
    params = tiny_params(data={"path": str(tmp_path / "own"), "max_train_examples": 20})
    data = prepare(params, None)
    assert (len(data.train), len(data.validation)) == (20, 12)
    assert data.test is not None
    assert len(data.test) == 15


def test_a_folder_without_the_files_is_told(tiny_params: MakeParams, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"mapping\.txt is missing"):
        read_corpus(tiny_params(), tmp_path)


def test_spread_takes_short_and_long_batches_evenly() -> None:
    batches = [[number] for number in (5, 0, 3, 1, 4, 2)]
    assert spread(batches, np.arange(6), 3) == [[5], [3], [1]]
    assert spread(batches, np.arange(6), 9) == batches


def test_textune_gets_the_blocks_of_the_sorted_examples() -> None:
    lengths = np.random.default_rng(0).permutation(96) + 1
    offsets = np.zeros_like(lengths)
    split = PreparedSplit([str(row) for row in lengths], lengths, lengths, offsets, lengths)
    chosen = np.sort(like_lengths(split, batch_size=8, examples=32).lengths)
    assert len(chosen) == 32
    for block in chosen.reshape(4, 8):
        # Twelve blocks of eight in a row: each is whole, and begins where one of all begins.
        assert block[0] % 8 == 1
        assert (np.diff(block) == 1).all()
    assert abs(chosen.mean() / lengths.mean() - 1) < 0.1


@pytest.mark.parametrize(("method", "epochs"), [("baseline", 3), ("lora", 1)])
def test_textunes_speed_counts_examples_of_the_mean_length(
    tiny_params: MakeParams,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    epochs: int,
) -> None:
    params = tiny_params(train={"epochs": 3, "eval_batch_size": 8})
    data = read_prepared(sample(params, tmp_path).folder)
    trained: list[tuple[int, float]] = []

    fit = EncoderLearner.fit

    def timed(learner: EncoderLearner) -> list[dict[str, float]]:
        epochs = fit(learner)
        trained.append((len(epochs) - 1, float(learner.job.data.train.lengths.sum())))
        learner.train_seconds = 2.0
        return epochs

    monkeypatch.setattr(EncoderLearner, "fit", timed)
    speed = OwnTraining(method, params, data, 16).examples_per_second()
    ((counted_epochs, tokens),) = trained
    assert counted_epochs == epochs
    assert speed == pytest.approx(tokens / data.train.lengths.mean() * epochs / 2.0)


def test_the_larger_model_has_distilberts_size(tmp_path: Path) -> None:
    from transformers import AutoConfig

    params = model_params("distilbert", 128, tmp_path)
    config = AutoConfig.from_pretrained(params.name)
    assert (config.dim, config.n_layers, config.n_heads, config.hidden_dim) == (768, 6, 12, 3072)
    assert config.vocab_size == 30522
