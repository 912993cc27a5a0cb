"""What share of a batch's tokens is padding, by how batches are made."""

from collections.abc import Iterator, Sequence

import numpy as np

from textune.params import Params
from textune.training.batches import LengthGroupedBatches
from textune.training.fast.on_gpu import MULTIPLE


def shares(lengths: np.ndarray, params: Params) -> Iterator[tuple[str, float]]:
    """By kind of batches, of texts with these lengths in tokens (n,), the share of one epoch."""
    size, seeds = params.train.batch_size, params.train.seeds
    grouped = [[np.array(one) for one in _grouped(lengths, params, seed)] for seed in seeds]
    shuffled = np.random.default_rng(seeds[0]).permutation(len(lengths))
    at_random = np.array_split(shuffled, range(size, len(shuffled), size))
    yield "at random", _share(lengths, at_random)
    yield "of like length", _share(lengths, grouped[0])
    yield f"of like length, to a multiple of {MULTIPLE}", _share(lengths, grouped[0], MULTIPLE)
    together = [np.concatenate(step) for step in zip(*grouped, strict=True)]
    yield f"of like length, {len(seeds)} seeds together", _share(lengths, together)


def _grouped(lengths: np.ndarray, params: Params, seed: int) -> LengthGroupedBatches:
    return LengthGroupedBatches(lengths, params.train.batch_size, seed, params.train.batch_tokens)


def _share(lengths: np.ndarray, batches: Sequence[np.ndarray], multiple: int = 1) -> float:
    longest = [-(-lengths[batch].max() // multiple) * multiple for batch in batches]
    computed = sum(len(batch) * long for batch, long in zip(batches, longest, strict=True))
    return 1 - float(sum(lengths[batch].sum() for batch in batches)) / float(computed)


def table(rows: Sequence[tuple[str, float]]) -> str:
    """As Markdown."""
    lines = ["| batches | padding |", "| :-- | --: |"]
    return "\n".join([*lines, *(f"| {kind} | {share:.1%} |" for kind, share in rows)])
