"""The examples of the splits as training and prediction fetch them."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from torch.utils.data import Dataset

from textune.data.tokenized import PreparedSplit
from textune.training.batches import PaddedExamples
from textune.training.fast.cached_features import FeatureExamples

Features = Callable[[PaddedExamples], Any]


class SplitDatasets:
    """By name of a split its texts or, where the encoder is frozen, features computed once.

    Train as it is; the others by length, as texts of like length side by side cost the least
    padding. `features` gives (n, hidden) for n texts, or is None; `train_seconds` is the time that
    those of train took.
    """

    def __init__(
        self,
        splits: Mapping[str, PreparedSplit],
        pad_token_id: int,
        length: int | None,
        multiple: int,
        features: Features | None,
    ) -> None:
        self.train_seconds = 0.0
        self._splits, self._features = splits, features
        self._padding = pad_token_id, length, multiple
        self._made: dict[str, Dataset[Any]] = {}

    def __getitem__(self, split: str) -> Dataset[Any]:
        if split not in self._made:
            examples = self._splits[split]
            ordered = examples if split == "train" else examples.take(examples.by_length())
            texts = PaddedExamples(ordered, *self._padding)
            self._made[split] = texts if self._features is None else self._encoded(split, texts)
        return self._made[split]

    def _encoded(self, split: str, texts: PaddedExamples) -> FeatureExamples:
        assert self._features is not None
        start = time.perf_counter()
        features = self._features(texts)
        if split == "train":
            self.train_seconds += time.perf_counter() - start
        return FeatureExamples(features, texts.split.labels)
