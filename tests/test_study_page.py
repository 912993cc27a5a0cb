"""docs/study.md says what the files of the study say."""

import re
from pathlib import Path

import pytest

from tests.pages import block, dead_links, page
from tests.study_page import STUDY, blocks
from tests.tiny import ROOT
from textune.params import read_params
from textune.results.keeping import kept_seeds
from textune.results.pictures import draw
from textune.results.runs import load_runs
from textune.results.writing import write_results

PAGE = page("docs/study.md")


@pytest.mark.parametrize("command", blocks())
def test_figures_are_those_of_the_files(command: str) -> None:
    assert block(PAGE, command) == blocks()[command]


def test_figures_of_the_balanced_decision_come_from_the_same_predictions(tmp_path: Path) -> None:
    runs = STUDY / "runs"
    settings = read_params(STUDY / "params.yaml").evaluate
    settings = settings.model_copy(update={"metric": "macro_recall", "decision": "balanced"})
    write_results(load_runs(runs, kept_seeds(runs), settings.decision), settings, tmp_path)
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        committed = STUDY / "balanced" / path.relative_to(tmp_path)
        assert path.read_bytes() == committed.read_bytes(), committed


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
