"""The statistics against a known truth: intervals cover, tests reject as rarely as they say.

`make test` runs a few settings with few trials, `make test-slow` all of them with many.
"""

from dataclasses import replace

import pytest

from tests.stats.simulation import GRID, SETTINGS, Setting, Simulated, simulate, with_gap
from textune.stats.results import Question
from textune.stats.seeds import question_of

FAST = [
    Setting(3, 0.0, 2_000),
    Setting(3, 0.005, 2_000),
    Setting(5, 0.002, 2_000),
    Setting(3, 0.002, 2_000, metric="macro_recall"),
    Setting(3, 0.0, 2_000, metric="macro_f1"),
]


def check(simulated: Simulated) -> None:
    """Coverage of 93 to 97 %, at most 5 % false positives, 2.5 % false passes, within the error."""
    trials, setting = simulated.trials, simulated.setting
    slack = error(0.95, trials)
    assert 0.93 - slack < simulated.covers_fixed_models < 0.97 + slack, simulated
    assert simulated.covers_over_seeds is not None
    if question_of(setting.seeds) is Question.OVER_SEEDS:
        assert 0.93 - slack < simulated.covers_over_seeds < 0.97 + slack, simulated
    if simulated.rejects_fixed_models is not None:
        assert simulated.rejects_fixed_models < 0.05 + slack, simulated
    if setting.gap == 0 and simulated.rejects_over_seeds is not None:
        assert simulated.rejects_over_seeds < 0.05 + slack, simulated
    if setting.gap == SETTINGS.noninferiority_margin and simulated.passes is not None:
        assert simulated.passes < 0.025 + error(0.025, trials), simulated


def error(share: float, trials: int) -> float:
    """Three standard errors of a share of the trials."""
    return float(3 * (share * (1 - share) / trials) ** 0.5)


@pytest.mark.parametrize("setting", FAST, ids=str)
def test_a_few_settings(setting: Setting) -> None:
    check(simulate(setting, trials=80))


def test_fixed_models_differ_where_methods_do_not() -> None:
    """Seeds that vary by 3 points: the interval of each question covers its own truth."""
    check(simulate(Setting(3, 0.03, 2_000), trials=60))


def test_two_points_are_found_and_the_margin_holds() -> None:
    setting = Setting(3, 0.0, 12_284)
    simulated = simulate(with_gap(setting), trials=40)
    assert simulated.detects is not None
    assert simulated.detects > 0.9
    check(simulate(with_gap(setting, SETTINGS.noninferiority_margin), trials=60))


def test_two_seeds_have_no_answer_over_seeds() -> None:
    simulated = simulate(Setting(2, 0.002, 2_000), trials=2)
    assert simulated.rejects_over_seeds is None


@pytest.mark.slow
def test_all_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the table of docs/statistics.md as it goes."""
    header = (
        "| metric | seeds | seed sd, points | examples | covers: fixed models | covers: over seeds"
        " | rejects: fixed models | rejects: over seeds | detects: over seeds"
        " | passes: over seeds |"
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
    by_margin = simulate(with_gap(setting, SETTINGS.noninferiority_margin), trials // 3)
    for simulated in (same, better, by_margin) if setting.metric == "accuracy" else (same,):
        check(simulated)
    shares = (
        same.covers_fixed_models,
        same.covers_over_seeds,
        same.rejects_fixed_models,
        same.rejects_over_seeds,
        better.detects,
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
