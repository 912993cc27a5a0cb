"""Curves, confusion matrices and reliability, up to the pictures of DVC's templates."""

import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vl_convert
from dvc_render.vega import VegaRenderer  # type: ignore[import-untyped]
from dvclive import Live
from sklearn.metrics import confusion_matrix

from tests.fake_runs import LABELS, TRAINED, load, random_predictions, write_curve, write_run
from textune.errors import UserError
from textune.report.plot_data import (
    MOST_CLASSES,
    confusion,
    curves,
    reliabilities,
    write_plot_data,
)
from textune.runs import predictions
from textune.runs.store import RunFolder, RunSet

TEMPLATES = Path(__file__).parents[2] / ".dvc/plots"
NAMES = ["trained head (baseline)", "LoRA", "full fine-tuning"]


def test_curves_are_means_over_seeds_from_epoch_0(runs: RunSet) -> None:
    rows = curves(runs, "accuracy")
    assert [row for row in rows if row[0] == "LoRA"] == [
        ("LoRA", 0, 0.3),
        ("LoRA", 1, 0.55),
        ("LoRA", 2, 0.6),
    ]
    assert list(dict.fromkeys(row[0] for row in rows)) == NAMES


def test_a_seed_that_stopped_early_does_not_count_later(models: Path) -> None:
    write_curve(RunFolder.of(models, "lora", 0), "accuracy", [0.3, 0.5])
    rows = curves(load(models, [0, 1]), "accuracy")
    assert ("LoRA", 2, 0.6) in rows


def test_curves_read_what_dvclive_writes(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(models)  # DVCLive looks for a repository, and fails in one without a commit
    with Live(str(models / "lora/0/live"), dvcyaml=False, save_dvc_exp=False) as live:
        for epoch in range(3):
            live.step = epoch
            live.log_metric("validation/accuracy", 0.25 * epoch)
    rows = curves(load(models, [0]), "accuracy")
    assert [row[1:] for row in rows if row[0] == "LoRA"] == [(0, 0.0), (1, 0.25), (2, 0.5)]


def test_a_missing_or_broken_log_is_an_error(models: Path) -> None:
    runs = load(models, [0])
    log = models / "lora/0/live/plots/metrics/validation/loss.tsv"
    log.write_text("step\tother\n0\t1\n")
    with pytest.raises(UserError, match=r"loss\.tsv has no columns step and loss.*dvc repro"):
        curves(runs, "loss")
    log.unlink()
    with pytest.raises(UserError, match=r"loss\.tsv is missing.*dvc repro"):
        curves(runs, "loss")


def test_confusion_rows_sum_to_1_in_the_order_of_methods_and_labels(runs: RunSet) -> None:
    rows = confusion(runs)
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    for method, actual, _, share in rows:
        sums[method, actual] += share
    assert list(sums) == [(name, label) for name in ["untrained head", *NAMES] for label in LABELS]
    assert list(sums.values()) == pytest.approx([1.0] * len(sums), abs=2e-4)


def test_confusion_is_the_mean_share_of_the_true_class(runs: RunSet) -> None:
    shares = []
    for run in runs["full"]:
        neutral = run.predictions["test"].labels == 1
        shares.append((run.predicted("test")[neutral] == 2).mean())
    expected = round(sum(shares) / 2, 4)
    assert ("full fine-tuning", "neutral", "🙂", expected) in confusion(runs)


def test_of_many_classes_the_most_frequent_confusions_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = [f"class {number}" for number in range(MOST_CLASSES + 70)]
    for name in ("baseline", "lora"):
        write_run(tmp_path, name, 0, skill=3.0, trainable=5, examples=2000, labels=labels)
    # LoRA takes the last class for the third.
    path = RunFolder.of(tmp_path, "lora", 0).predictions("test")
    test = predictions.read(path)
    taken = np.where(test.labels == len(labels) - 1, 2, test.probabilities.argmax(axis=1))
    sure = np.eye(len(labels), dtype=np.float32)[taken]
    predictions.write(path, replace(test, probabilities=sure))
    runs = load(tmp_path, [0], ["baseline", "lora"])
    write_plot_data(runs, tmp_path / "plots")
    with (tmp_path / "plots/confusion.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == "LoRA"]
    shown = list(dict.fromkeys(row["actual"] for row in rows))
    assert len(rows) == len(shown) ** 2 == MOST_CLASSES**2
    numbers = [labels.index(name) for name in shown]
    assert numbers == sorted(numbers)
    counts = sum(
        confusion_matrix(test.labels, runs[name][0].predicted("test")) for name in runs.methods
    )
    np.fill_diagonal(counts, 0)
    # So many pairs have no more classes than are shown.
    least = np.sort(counts, axis=None)[-MOST_CLASSES // 2]
    counts[np.ix_(numbers, numbers)] = 0
    assert counts.max() <= least
    shares = confusion_matrix(test.labels, runs["lora"][0].predicted("test"), normalize="true")
    expected = shares[np.ix_(numbers, numbers)].ravel()
    assert [float(row["share"]) for row in rows] == pytest.approx(expected, abs=1e-4)
    assert f"has the {MOST_CLASSES} classes of the most frequent" in capsys.readouterr().out


@pytest.fixture(scope="module")
def plots(runs: RunSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plots")
    write_plot_data(runs, folder)
    return folder


def test_one_picture_of_curves_shows_every_method(plots: Path) -> None:
    for metric in ("accuracy", "loss"):
        path = plots / f"curves/{metric}.csv"
        picture = _draw(path, "curves", x="epoch", y=metric, revisions=["workspace", "HEAD~1"])
        for text in (*NAMES, "epoch", "HEAD~1", "A title"):
            assert text in picture


def test_one_picture_shows_every_confusion_matrix_with_its_numbers(
    runs: RunSet, plots: Path
) -> None:
    picture = _draw(
        plots / "confusion.csv",
        "confusion_by_method",
        x="predicted",
        y="actual",
        revisions=["workspace", "HEAD~1"],
    )
    shares = [f">{share:.0%}<" for *_, share in confusion(runs)]
    for text in (*NAMES, "untrained head", *LABELS, *shares, "HEAD~1"):
        assert text in picture


def test_reliability_is_of_all_seeds_together(runs: RunSet) -> None:
    rows = [row for row in reliabilities(runs) if row[0] == "LoRA"]
    assert sum(share for *_, share in rows) == pytest.approx(1, abs=1e-3)
    made = [random_predictions(TRAINED["lora"] + seed, 1.5) for seed in (0, 1)]
    right = np.mean([(one.probabilities.argmax(axis=1) == one.labels).mean() for one in made])
    accuracies = sum(accuracy * share for _, _, accuracy, share in rows)
    assert accuracies == pytest.approx(right, abs=1e-3)
    confidences = [confidence for _, confidence, _, _ in rows]
    assert confidences == sorted(confidences)
    assert list(dict.fromkeys(row[0] for row in reliabilities(runs))) == ["untrained head", *NAMES]


def test_files_have_a_header_and_every_row(runs: RunSet, plots: Path) -> None:
    expected: dict[str, tuple[list[str], Sequence[Sequence[Any]]]] = {
        "curves/accuracy.csv": (["method", "epoch", "accuracy"], curves(runs, "accuracy")),
        "curves/loss.csv": (["method", "epoch", "loss"], curves(runs, "loss")),
        "confusion.csv": (["method", "actual", "predicted", "share"], confusion(runs)),
        "reliability.csv": (["method", "confidence", "accuracy", "share"], reliabilities(runs)),
    }
    written = {str(path.relative_to(plots)) for path in plots.rglob("*.csv")}
    assert written == set(expected)
    for name, (header, rows) in expected.items():
        with (plots / name).open(encoding="utf-8", newline="") as file:
            first, *others = csv.reader(file)
        assert first == header
        assert others == [[str(value) for value in row] for row in rows]


def _draw(path: Path, template: str, *, x: str, y: str, revisions: list[str]) -> str:
    """The SVG of a CSV file, by the way that `dvc plots diff` takes."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    data: list[dict[str, Any]] = [{**row, "rev": rev} for rev in revisions for row in rows]
    renderer = VegaRenderer(
        data, path.name, template=template, template_dir=str(TEMPLATES), x=x, y=y, title="A title"
    )
    spec = json.dumps(renderer.get_filled_template())
    assert "<DVC_METRIC" not in spec
    return str(vl_convert.vegalite_to_svg(spec, vl_version="5.21"))
