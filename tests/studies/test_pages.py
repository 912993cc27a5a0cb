"""The study's pages say what the files of the study say."""

import re
from pathlib import Path

import pytest

from studies.tweeteval_minilm.files import STUDY
from studies.tweeteval_minilm.page import BLOCKS, PROSE
from tests.pages import block, dead_links, page
from tests.tiny import ROOT
from textune.report.charts import draw


@pytest.mark.parametrize(
    ("name", "command"), [(name, command) for name in BLOCKS for command in BLOCKS[name]]
)
def test_figures_are_those_of_the_files(name: str, command: str) -> None:
    assert block(page(name), command) == BLOCKS[name][command]()


@pytest.mark.parametrize("name", PROSE)
def test_figures_in_sentences_are_those_of_the_files(name: str) -> None:
    text = " ".join(page(name).split())
    assert [figure for figure in PROSE[name]() if figure not in text] == []


@pytest.mark.parametrize(
    ("folder", "name"), [("", "scores.svg"), ("", "curves.svg"), ("ten_epochs", "curves.svg")]
)
def test_pictures_are_drawn_from_metrics(folder: str, name: str, tmp_path: Path) -> None:
    draw(STUDY / folder, tmp_path)
    path = Path("pictures/study") / folder / name
    # Each mark is labelled with its values. Where they stand depends on the machine's fonts.
    committed = re.findall('aria-label="[^"]*"', (ROOT / "docs" / path).read_text("utf-8"))
    assert committed == re.findall('aria-label="[^"]*"', (tmp_path / name).read_text("utf-8"))
    assert len(committed) > 10
    assert any(f"]({path})" in page(where) for where in BLOCKS)


@pytest.mark.parametrize(
    "name", [*BLOCKS, "docs/statistics.md", "metrics/studies/tweeteval-minilm/README.md"]
)
def test_links_lead_somewhere(name: str) -> None:
    assert dead_links(name) == []
