"""The README says what metrics/ says, and its links lead somewhere."""

import re

import pytest

from tests.tiny import ROOT
from textune.files import read_json
from textune.params import read_params
from textune.results.table import print_table

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(command: str) -> str:
    """What stands between the marker that names `command` and the next end mark."""
    found = re.search(f"<!-- {re.escape(command)} -->\n(.*?)<!-- end -->", README, re.DOTALL)
    assert found, command
    return found[1]


def test_table_is_that_of_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(ROOT / "metrics", markdown=True)
    assert block("textune table --markdown") == capsys.readouterr().out


def test_search_is_that_of_metrics_and_its_choice_is_the_default() -> None:
    found = read_json(ROOT / "metrics/search.json")
    params = read_params(ROOT / "params.yaml")
    text = block("textune search")
    for name, grid in params.search.learning_rates.items():
        trials = {float(rate): score for rate, score in found[name]["trials"].items()}
        assert trials.keys() == set(grid)
        assert params.method(name).learning_rate == found[name]["best_learning_rate"]
        cells = [f"{rate:g}: {trials[rate]:.4f}" for rate in grid]
        best = grid.index(found[name]["best_learning_rate"])
        cells[best] = f"**{cells[best]}**"
        assert f"| {name} | {' | '.join(cells)} |" in text
    assert found["setting"]["train_rows"] == params.search.max_train_examples


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
