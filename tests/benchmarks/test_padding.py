"""The share of padding, by how batches are made."""

import numpy as np
import pytest

from benchmarks.padding import shares
from tests.tiny import real_values
from textune.params import check_params
from textune.training.batches import LengthGroupedBatches


def test_shares_by_hand() -> None:
    values = real_values()
    values["train"] |= {"batch_size": 2, "seeds": [0, 1]}
    params = check_params(values, "params.yaml")
    found = dict(shares(np.array([3, 3, 5, 5]), params))
    assert found["of like length"] == 0
    # 16 tokens in batches of two, each of 8 tokens.
    assert found["of like length, to a multiple of 8"] == 0.5
    # A seed's short batch stands beside another's long one.
    orders = [[batch[0] < 2 for batch in batches(seed)] for seed in (0, 1)]
    assert orders[0] != orders[1], "choose other seeds"
    assert found["of like length, 2 seeds together"] == pytest.approx(0.2)
    assert found["at random"] in (0, pytest.approx(0.2))


def batches(seed: int) -> list[list[int]]:
    return list(LengthGroupedBatches(np.array([3, 3, 5, 5]), 2, seed))
