"""The table of `textune plan`."""

from pathlib import Path

import pytest

from tests.fake_runs import TRAINED, load, settings, write_run
from textune.report.plan import plan_table, print_plan
from textune.runs.store import RunSet


@pytest.fixture
def runs(tmp_path: Path) -> RunSet:
    """Three seeds of two methods of one skill."""
    for name in ("lora", "full"):
        for seed in range(3):
            write_run(tmp_path, name, seed, skill=2.0, trainable=TRAINED[name])
    return load(tmp_path, [0, 1, 2], ["lora", "full"])


def first_column(runs: RunSet, **changes: object) -> list[str]:
    return [row[0].text for row in plan_table(runs, settings(**changes)).rows]


def test_rows_are_numbers_of_seeds_and_columns_numbers_of_examples(runs: RunSet) -> None:
    table = plan_table(runs, settings())
    assert [column.heading for column in table.columns][1:3] == [
        "120 test examples",
        "240 test examples",
    ]
    assert first_column(runs) == ["3", "4", "5", "7", "10", "15", "20", "30"]
    shares = [float(row[2].text.rstrip("%")) for row in table.rows]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]


def test_planned_looks_are_the_rows_each_at_its_own_level(runs: RunSet) -> None:
    assert first_column(runs, planned_seeds=[3, 6, 9]) == ["3", "6", "9"]
    freely, shared = (
        float(plan_table(runs, settings(planned_seeds=planned)).rows[0][2].text.rstrip("%"))
        for planned in (None, [3, 30])
    )
    assert shared < freely


def test_two_seeds_say_nothing_of_more(tmp_path: Path, runs: RunSet) -> None:
    two = load(runs.first.folder.path.parents[1], [0, 1], ["lora", "full"])
    assert first_column(two) == ["2"]


def test_the_command_says_what_it_is_of(runs: RunSet, capsys: pytest.CaptureFixture[str]) -> None:
    print_plan(runs, settings())
    printed = capsys.readouterr().out
    assert "surely within 5 points of the best accuracy" in printed
    assert "seen with 3 seeds" in printed
