"""docs/study.md says what the files of the study say."""

import re
from pathlib import Path

import pytest

from tests.pages import block, dead_links, page
from tests.study_page import STUDY, blocks
from tests.tiny import ROOT
from textune.results.pictures import draw

PAGE = page("docs/study.md")


@pytest.mark.parametrize("command", blocks())
def test_figures_are_those_of_the_files(command: str) -> None:
    assert block(PAGE, command) == blocks()[command]


def test_pictures_are_drawn_from_metrics(tmp_path: Path) -> None:
    for picture in draw(STUDY, tmp_path):
        committed = ROOT / "docs/pictures/study" / picture.name
        # Each mark is labelled with its values. Where they stand depends on the machine's fonts.
        values = re.findall('aria-label="[^"]*"', committed.read_text(encoding="utf-8"))
        assert values == re.findall('aria-label="[^"]*"', picture.read_text(encoding="utf-8"))
        assert len(values) > 10
        assert f"](pictures/study/{picture.name})" in PAGE


def test_links_lead_somewhere() -> None:
    assert dead_links("docs/study.md") == []
    assert dead_links("metrics/studies/tweeteval-minilm/README.md") == []
