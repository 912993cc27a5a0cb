"""The study's pictures are drawn from its metrics, and its pages show them."""

import re
from pathlib import Path

import pytest

from studies.tweeteval_minilm.results import STUDY
from tests.tiny import ROOT
from textune.report.charts import write_charts

PAGES = [ROOT / "docs/study.md", ROOT / "docs/study_choices.md"]


@pytest.mark.parametrize(
    ("folder", "names"), [("", ["scores.svg", "curves.svg"]), ("ten_epochs", ["curves.svg"])]
)
def test_pictures_are_drawn_from_metrics(folder: str, names: list[str], tmp_path: Path) -> None:
    write_charts(STUDY / folder, tmp_path)
    for name in names:
        picture = Path("pictures/study") / folder / name
        # Each mark is labelled with its values. Where they stand depends on the machine's fonts.
        assert labels(ROOT / "docs" / picture) == labels(tmp_path / name)
        assert len(labels(tmp_path / name)) > 10
        assert any(f"]({picture})" in _one_line(page) for page in PAGES)


def labels(picture: Path) -> list[str]:
    return re.findall('aria-label="[^"]*"', picture.read_text(encoding="utf-8"))


def _one_line(page: Path) -> str:
    return " ".join(page.read_text(encoding="utf-8").split())
