"""Links in README and docs lead somewhere, and what they say of tests and parameters is so."""

import re
from pathlib import Path

import pytest

from tests import pages
from tests.tiny import ROOT
from textune.params import DEFAULT_METHODS, read_params
from textune.pipeline.recipes import given_recipe
from textune.runs.tuning import not_tuned_here, read_adopted, read_tuning, trials_path

PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("studies/*/README.md")]
]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    assert pages.dead_links(name) == []


def test_links_to_missing_files_and_headings_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    (tmp_path / "other.md").write_text("## A title, and more\n")
    good = ["other.md", "other.md#a-title-and-more", "#here", "https://example.org/none#none"]
    dead = ["none.md", "none.md#here", "other.md#none", "#none"]
    links = "".join(f"[link]({target})\n" for target in [*good, *dead])
    (tmp_path / "page.md").write_text(f"# Here\n\n{links}")
    assert pages.dead_links("page.md") == dead


def test_every_guarantee_names_a_test_that_exists() -> None:
    shown = [
        re.findall(r"`(test_\w+)`", line.split("|")[-2])
        for line in re.sub("(?s)<!--.*?-->", "", pages.page("docs/guarantees.md")).splitlines()
        if line.startswith("|") and not line.startswith(("| promise", "| ---"))
    ]
    assert len(shown) > 10
    assert all(shown), "a promise that no test shows"
    code = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"(?m)^def (test_\w+)", code))
    assert {name for names in shown for name in names} - there == set()


def test_the_default_recipes_are_those_that_tuning_found_on_the_default_data() -> None:
    metrics = ROOT / "metrics"
    adopted = read_adopted(metrics)
    assert adopted.keys() >= {*DEFAULT_METHODS}
    now = {name: read_tuning(trials_path(name, metrics)) for name in DEFAULT_METHODS}
    assert not_tuned_here(now, adopted) == []
    params = read_params(ROOT / "params.yaml")
    for name, tuning in adopted.items():
        assert given_recipe(params, name) == tuning.recipe
        epochs = tuning.recipe.get("epochs", 1)
        best = [trial for trial in tuning.trials if trial.epochs == epochs]
        lowest = min(best, key=lambda trial: trial.calibrated_loss)
        assert lowest.values.items() <= tuning.recipe.items()
