"""The page of evidence: all sections, texts that stay texts, and a table that can be filtered."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.fake_runs import TRAINED, load, settings, write_run, write_texts
from textune.io import write_csv, write_json
from textune.report.calibration import calibration_report
from textune.report.learning_curve import Point
from textune.report.page.writing import write_page
from textune.report.slices import read_texts, slices, write_errors
from textune.report.writing import write_results

HOSTILE = '</script><script>document.title = "owned"</script><img src=x onerror=alert(1)>'
LABELS = [HOSTILE, "two, or\nmore", "🙂 & co"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


def page(folder: Path, labels: list[str], methods: int = 3) -> Path:
    """Of fake runs with these classes, texts among which one is hostile, and variants of LoRA."""
    names = [*TRAINED, *(f"variant{number}" for number in range(methods - 3))]
    for name in names:
        for seed in range(3):
            trainable = TRAINED.get(name, 70_000 + names.index(name))
            write_run(folder / "models", name, seed, skill=2, trainable=trainable, labels=labels)
    runs = load(folder / "models", [0, 1, 2], names, titles={"lora": f"LoRA {HOSTILE}"})
    metrics = folder / "metrics"
    write_results(runs, settings(), metrics)
    write_json(metrics / "calibration.json", calibration_report(runs))
    write_texts(folder / "test.parquet")
    texts = read_texts(folder / "test.parquet", runs.first.predictions["test"].row_ids)
    texts = [f"{text} {HOSTILE}" for text in texts]
    write_json(metrics / "slices.json", slices(runs, texts, settings()))
    write_errors(runs, texts, folder / "errors")
    kept = {"examples": 240, "by_label": dict.fromkeys(labels, 80)}
    splits = ("train", "validation", "test")
    data = {"kept": dict.fromkeys(splits, kept), "dropped": {"train": {"duplicate": 3}}}
    write_json(metrics / "data.json", data)
    title = runs.title("lora")
    points = [Point(title, size, 0.6 + size / 10_000, 0.5, 0.9) for size in (500, 1000)]
    write_csv(metrics / "learning_curve.csv", Point._fields, points)
    (folder / "params.yaml").write_text(f"lora:\n  r: 8  # {HOSTILE}\n")
    write_page(metrics, folder / "errors", folder / "params.yaml", folder / "report.html")
    return folder / "report.html"


class Tags(HTMLParser):
    """What a browser makes of the page: its tags, ids and the links within it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            assert not name.startswith("on"), f"{tag} runs {value}"
            if name == "id":
                self.ids.append(value or "")
            if name == "href":
                self.links.append(value or "")
            if name == "src":
                self.loads.append(value or "")


def test_every_section_is_there_and_every_text_stays_text(tmp_path: Path) -> None:
    text = page(tmp_path, LABELS).read_text("utf-8")
    found = Tags(text)
    assert found.tags.count("script") == 2, "the data and the code of the table"
    assert all(link.removeprefix("#") in found.ids for link in found.links)
    assert len(found.ids) == len({*found.ids})
    pictures = (
        *("scores", "differences", "cost", "curves", "confusion", "reliability", "slices"),
        "learning",
    )
    others = ("methods", "calibration", "recipes", "errors", "data", "origin")
    assert {*pictures, *others} <= {*found.ids}
    assert len(found.loads) == len(pictures)
    assert all(source.startswith("data:image/svg+xml;base64,") for source in found.loads)
    assert "http" not in re.sub(r"http-equiv|see http now", "", text.split("<body>")[0])
    assert 'alt="Means over seeds, each with its interval' in text
    # It is in errors, labels, titles and parameters, and never as what it pretends to be.
    assert HOSTILE not in text
    assert "\\u003c/script\\u003e" in text


def test_many_classes_and_methods_make_no_large_page(tmp_path: Path) -> None:
    labels = [f"class {number}" for number in range(77)]
    size = page(tmp_path, labels, methods=4).stat().st_size
    assert size < 1_500_000


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_the_table_is_drawn_filtered_and_sorted(tmp_path: Path) -> None:
    made = page(tmp_path, LABELS)
    act = """<script>
    const rowsOf = () => document.querySelectorAll("#errors-table tbody tr");
    const all = rowsOf().length;
    document.getElementById("by-method").value = "full";
    document.getElementById("by-method").dispatchEvent(new Event("change"));
    const some = rowsOf().length;
    document.querySelector("[data-key=confidence] button").click();
    const cells = [...document.querySelectorAll("td.confidence")].map((one) => +one.textContent);
    const rising = cells.every((one, at) => !at || one >= cells[at - 1]);
    document.getElementById("by-text").value = "no such text";
    document.getElementById("by-text").dispatchEvent(new Event("input"));
    const title = document.title.startsWith("textune");
    document.title = JSON.stringify([all, some, rising, rowsOf().length, title]);
    </script></body>"""
    acted = tmp_path / "acted.html"
    acted.write_text(made.read_text("utf-8").replace("</body>", act), encoding="utf-8")
    assert CHROMIUM is not None
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    done = subprocess.run(
        [CHROMIUM, *options, f"--user-data-dir={tmp_path}/profile", "--dump-dom", acted.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = re.search(r"<title>\[(\d+),(\d+),true,0,true\]</title>", done.stdout)
    assert found is not None, done.stdout[:500]
    every, some = map(int, found.groups())
    assert 0 < some < every
    assert not re.search(r"CONSOLE.*(Error|Refused)", done.stderr)
