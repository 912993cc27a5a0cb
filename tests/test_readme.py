"""The README says what metrics/ says, and its links lead somewhere."""

import json

import pytest

from tests.pages import block, dead_links, page
from tests.tiny import ROOT
from textune.files import read_json
from textune.params import read_params
from textune.results.table import print_table

README = page("README.md")


def test_table_is_that_of_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(ROOT / "metrics", markdown=True)
    assert block(README, "textune table --markdown") == capsys.readouterr().out


def test_search_is_that_of_metrics_and_its_choice_is_the_default() -> None:
    found = read_json(ROOT / "metrics/search.json")
    params = read_params(ROOT / "params.yaml")
    text = block(README, "textune search")
    for name, grid in params.search.learning_rates.items():
        trials = {float(rate): one["accuracy"] for rate, one in found[name]["trials"].items()}
        assert trials.keys() == set(grid)
        assert params.method(name).learning_rate == float(found[name]["best"])
        cells = [f"{rate:g}: {trials[rate]:.4f}" for rate in grid]
        best = grid.index(float(found[name]["best"]))
        cells[best] = f"**{cells[best]}**"
        assert f"| {name} | {' | '.join(cells)} |" in text
    assert found["setting"]["train_rows"] == params.search.max_train_examples


def test_speeds_are_those_of_the_benchmark() -> None:
    rows = json.loads((ROOT / "metrics/speed.json").read_text(encoding="utf-8"))
    speeds = {
        (row["model"], row["method"], row["contender"]): f"{row['tweets_per_second']:.1f}"
        for row in rows
    }
    own = [row for row in rows if row["contender"] == "textune"]
    text = block(README, "textune bench")
    assert len(text.splitlines()) == 2 + len(own)
    for row in own:
        model, method = row["model"], row["method"]
        three = " | ".join(
            speeds[model, method, contender] for contender in ("study", "expert", "textune")
        )
        ratios = f"{row['ratio_to_study']:.2f} | {row['ratio_to_expert']:.2f}"
        share, memory = f"{row['share_of_roofline']:.0%}", f"{row['peak_memory_mib']:,} MiB"
        assert f"| {model} | {method} | {three} | {ratios} | {share} | {memory} |" in text


def test_gains_are_those_of_the_benchmark() -> None:
    gains = json.loads((ROOT / "metrics/speed_pieces.json").read_text(encoding="utf-8"))
    text = block(README, "textune bench --pieces")
    for one in gains:
        with_all, without = one["tweets_per_second"], one["tweets_per_second_without"]
        line = f"| {one['piece']} | {with_all:.1f} | {without:.1f} | {one['gain']:.2f} × |"
        assert line in text


@pytest.mark.parametrize("name", ["README.md", "docs/statistics.md"])
def test_links_lead_somewhere(name: str) -> None:
    assert dead_links(name) == []
