"""Planned looks share the level."""

import pytest

from tests.fake_runs import settings
from textune.stats.looks import levels_to_come, share_of_level


def test_all_looks_together_spend_the_level_once() -> None:
    planned = [3, 5, 10]
    shares = [share_of_level(seeds, settings(planned_seeds=planned)) for seeds in planned]
    assert shares == pytest.approx([0.3, 0.2, 0.5])


def test_one_look_has_the_whole_level() -> None:
    assert share_of_level(4, settings()) == 1
    assert share_of_level(4, settings(planned_seeds=[4])) == 1


def test_later_looks_come_at_their_own_levels() -> None:
    planned = levels_to_come(3, settings(planned_seeds=[3, 5, 10]), 30)
    assert planned == pytest.approx({5: 0.05 * 0.2, 10: 0.05 * 0.5})
    assert levels_to_come(3, settings(), 6) == {4: 0.05, 5: 0.05, 6: 0.05}
