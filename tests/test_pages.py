"""Links in README and docs lead somewhere, and committed figures are those of the parameters."""

from pathlib import Path

import pytest

from tests import pages
from tests.tiny import METHODS, ROOT
from textune.io import read_json
from textune.params import read_params

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


def test_the_default_learning_rates_are_those_that_the_search_chose() -> None:
    found = read_json(ROOT / "metrics/search.json")
    params = read_params(ROOT / "params.yaml")
    assert found.keys() >= {*METHODS}
    for name in found.keys() - {"setting"}:
        trials = {float(rate) for rate in found[name]["trials"]}
        assert trials == set(params.search.learning_rates[name])
        assert params.encoder_method(name).learning_rate == float(found[name]["best"])
    assert found["setting"]["train_examples"] == params.search.max_train_examples
