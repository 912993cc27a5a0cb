"""The pictures of README and the study are drawn from their metrics, and the pages show them."""

import re
from pathlib import Path

import pytest

from studies.tweeteval_minilm.results import STUDY
from tests.tiny import ROOT
from textune.report.charts import write_charts

PAGES = [ROOT / "README.md", ROOT / "docs/study.md", ROOT / "docs/study_choices.md"]


@pytest.mark.parametrize(
    ("metrics", "folder", "names"),
    [
        (ROOT / "metrics", "docs/pictures", ["scores.svg"]),
        (STUDY, "pictures/study", ["scores.svg", "curves.svg"]),
        (STUDY / "ten_epochs", "pictures/study/ten_epochs", ["curves.svg"]),
    ],
)
def test_pictures_are_drawn_from_metrics(
    metrics: Path, folder: str, names: list[str], tmp_path: Path
) -> None:
    write_charts(metrics, tmp_path)
    for name in names:
        picture = Path(folder) / name
        # Each mark is labelled with its values. Where they stand depends on the machine's fonts.
        committed = ROOT / picture if folder.startswith("docs") else ROOT / "docs" / picture
        assert labels(committed) == labels(tmp_path / name)
        assert len(labels(tmp_path / name)) > 10
        assert any(f"]({picture})" in _one_line(page) for page in PAGES)


def labels(picture: Path) -> list[str]:
    return re.findall('aria-label="[^"]*"', picture.read_text(encoding="utf-8"))


def _one_line(page: Path) -> str:
    return " ".join(page.read_text(encoding="utf-8").split())
