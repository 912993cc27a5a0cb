"""Curves over training size, from points as from experiments."""

import csv
from pathlib import Path

from textune.results.learning_curve import Curves, Point, write_learning_curves

POINTS = [
    Point("LoRA", 100, 0.6, 0.57, 0.63),
    Point("LoRA", 1000, 0.7, 0.68, 0.72),
    Point("adapters", 100, 0.5, 0.46, 0.54),
    Point("adapters", 1000, 0.71, 0.7, 0.72),
]


def test_picture_and_points(tmp_path: Path) -> None:
    write_learning_curves(Curves("macro_f1", "models", POINTS), tmp_path / "curve.svg")
    picture = (tmp_path / "curve.svg").read_text()
    assert picture.startswith("<svg")
    title = "macro F1 on test, interval of these trained models"
    for text in ("LoRA", "adapters", "rows of train", title):
        assert text in picture
    with (tmp_path / "curve.csv").open(encoding="utf-8", newline="") as file:
        rows = [Point(r["method"], int(r["rows"]), *map(float, (r["score"], r["low"], r["high"])))
                for r in csv.DictReader(file)]  # fmt: skip
    assert rows == POINTS
