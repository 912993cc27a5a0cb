"""Planned looks share the level."""

import pytest

from tests.fake_runs import settings
from textune.stats.looks import share_of_level


def test_all_looks_together_spend_the_level_once() -> None:
    planned = [3, 5, 10]
    shares = [share_of_level(seeds, settings(planned_seeds=planned)) for seeds in planned]
    assert shares == pytest.approx([0.3, 0.2, 0.5])


def test_one_look_has_the_whole_level() -> None:
    assert share_of_level(4, settings()) == 1
    assert share_of_level(4, settings(planned_seeds=[4])) == 1
