"""The statistics against a known truth: intervals cover, tests fire as rarely as they say.

`make test` runs a few settings with few trials, `make test-slow` all of them with many.
"""

from dataclasses import replace

import pytest

from tests.results.simulation import GRID, SETTINGS, Found, Setting, simulate, with_gap
from textune.results.inference import asks_for_method

FAST = [
    Setting(3, 0.0, 2_000),
    Setting(3, 0.005, 2_000),
    Setting(5, 0.002, 2_000),
    Setting(3, 0.002, 2_000, metric="macro_recall"),
    Setting(3, 0.0, 2_000, metric="macro_f1"),
]


def check(found: Found) -> None:
    """Coverage of 93 to 97 %, at most 5 % false findings, 2.5 % false passes, within the error."""
    trials, setting = found.trials, found.setting
    slack = error(0.95, trials)
    assert 0.93 - slack < found.covers_models < 0.97 + slack, found
    assert found.covers_method is not None
    if asks_for_method(setting.seeds):
        assert 0.93 - slack < found.covers_method < 0.97 + slack, found
    if found.fires_models is not None:
        assert found.fires_models < 0.05 + slack, found
    if setting.gap == 0 and found.fires_method is not None:
        assert found.fires_method < 0.05 + slack, found
    if setting.gap == SETTINGS.margin and found.passes is not None:
        assert found.passes < 0.025 + error(0.025, trials), found


def error(share: float, trials: int) -> float:
    """Three standard errors of a share of the trials."""
    return float(3 * (share * (1 - share) / trials) ** 0.5)


@pytest.mark.parametrize("setting", FAST, ids=str)
def test_a_few_settings(setting: Setting) -> None:
    check(simulate(setting, trials=80))


def test_models_differ_where_methods_do_not() -> None:
    """Seeds that vary by 3 points: the interval of each question covers its own truth."""
    check(simulate(Setting(3, 0.03, 2_000), trials=60))


def test_two_points_are_found_and_the_margin_holds() -> None:
    setting = Setting(3, 0.0, 12_284)
    found = simulate(with_gap(setting), trials=40)
    assert found.finds is not None
    assert found.finds > 0.9
    check(simulate(with_gap(setting, SETTINGS.margin), trials=60))


def test_two_seeds_have_no_answer_for_the_method() -> None:
    found = simulate(Setting(2, 0.002, 2_000), trials=2)
    assert found.fires_method is None


@pytest.mark.slow
def test_all_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the table of docs/statistics.md as it goes."""
    header = (
        "| metric | seeds | seed sd, points | rows | covers: models | covers: method"
        " | fires: models | fires: method | finds: method | passes: method |"
    )
    macro = Setting(3, 0.002, 2_000, metric="macro_recall")
    settings = [*GRID, macro, replace(macro, metric="macro_f1", seed_sd=0.0)]
    with capsys.disabled():
        print(header, "| :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: |", sep="\n")
        for setting in settings:
            print(row(setting), flush=True)


def row(setting: Setting) -> str:
    """A line of Markdown, after a check of each figure in it."""
    # The default's number of seeds gets the most; five take the longest.
    trials = 1000 if setting.seeds == 3 else 400
    same = simulate(setting, trials)
    better = simulate(with_gap(setting), trials // 3)
    by_margin = simulate(with_gap(setting, SETTINGS.margin), trials // 3)
    for found in (same, better, by_margin) if setting.metric == "accuracy" else (same,):
        check(found)
    shares = (
        same.covers_models,
        same.covers_method,
        same.fires_models,
        same.fires_method,
        better.finds,
        by_margin.passes,
    )
    cells = [
        setting.metric.replace("_", " "),
        str(setting.seeds),
        f"{100 * setting.seed_sd:g}",
        f"{setting.n:,}",
        *("–" if share is None else f"{100 * share:.1f}" for share in shares),
    ]
    return f"| {' | '.join(cells)} |"
