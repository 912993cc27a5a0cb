"""The digest of prepared data changes with whatever a model learns from."""

from dataclasses import replace

import numpy as np

from textune.data.tokenized import Prepared, PreparedSplit


def split(tokens: list[int], labels: list[int]) -> PreparedSplit:
    """Examples of two tokens each."""
    count = len(labels)
    lengths = np.full(count, 2)
    ids = [str(number) for number in range(count)]
    starts = np.arange(count) * 2
    return PreparedSplit(ids, np.array(labels), np.array(tokens, np.int32), starts, lengths)


def test_digest_sees_tokens_and_labels_of_train_and_validation() -> None:
    train, validation = split([1, 2, 3, 4], [0, 1]), split([5, 6], [1])
    data = Prepared(["no", "yes"], train, validation, None)
    others = [
        replace(data, train=split([1, 2, 3, 5], [0, 1])),
        replace(data, train=split([1, 2, 3, 4], [1, 1])),
        replace(data, validation=split([5, 7], [1])),
        replace(data, validation=split([5, 6], [0])),
        replace(data, train=split([1, 2], [0])),
    ]
    digests = {prepared.digest() for prepared in (data, *others)}
    assert len(digests) == 6
    assert replace(data, test=validation).digest() == data.digest()
