"""The page of evidence: all of a comparison in one HTML file, which needs no network."""

import base64
import csv
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from textune.io import read_json, write_text
from textune.report.advice import recommendation, tuned_elsewhere
from textune.report.grid import Grid
from textune.report.locked import locked_versions
from textune.report.page.pictures import pictures
from textune.report.tables import compared_methods, methods_table, read_results
from textune.report.titles import question_answered
from textune.runs.tuning import section_path
from textune.stats.results import Comparison

_SPLITS = ("train", "validation", "test")
_TUNED_HERE = "All recipes were tuned on this data with this model, or adopted from such a search."


class Table(NamedTuple):
    """What the template draws."""

    header: list[str]
    rows: list[list[str]]


def write_page(metrics: Path, errors: Path, params: Path, output: Path) -> None:
    """Write the page to `output`, whole or not at all.

    metrics: the folder that `evaluate` writes; errors: that of the surest errors, with texts, which
    may be missing; params: params.yaml. Raises `UserError` if a file is missing or damaged.
    """
    comparison = read_results(metrics)
    environment = Environment(
        loader=PackageLoader("textune.report.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["base64"] = lambda text: base64.b64encode(text.encode()).decode()
    versions = locked_versions(params.with_name("requirements.lock"))
    best = comparison.method(comparison.recommendation.method).title
    found = _errors(comparison, errors)
    page = environment.get_template("page.html").render(
        title=f"{best} is recommended" if len(comparison.pairs) else best,
        verdict=recommendation(comparison),
        question=question_answered(comparison),
        doubts=[*(comparison.doubts or []), *_skipped(comparison)],
        methods=_of_grid(methods_table(comparison, read_json(metrics / "cost.json"))),
        candidates=_candidates(comparison),
        pictures=list(pictures(comparison, metrics)),
        calibration=_calibration(comparison, read_json(metrics / "calibration.json")),
        tuned=(tuned_elsewhere(comparison, metrics) or _TUNED_HERE).replace("`", ""),
        recipes=_recipes(comparison, metrics),
        errors=found and _inlined(found),
        data=_data(read_json(metrics / "data.json")),
        origin=_origin(),
        command=_command(),
        versions=Table(["package", "version"], [[*one] for one in versions.items()]),
        params=params.read_text("utf-8") if params.is_file() else "",
    )
    write_text(output, page)


def _of_grid(grid: Grid) -> Table:
    header = [column.heading.replace("\n", " ") for column in grid.columns]
    return Table(header, [[cell.text for cell in row] for row in grid.rows])


def _skipped(comparison: Comparison) -> list[str]:
    return [f"Skipped: {name}, {reason}." for name, reason in (comparison.skipped or {}).items()]


def _candidates(comparison: Comparison) -> Table:
    rows = [
        [
            comparison.method(one.name).title,
            f"{one.sure:.1%}",
            "yes" if one.good_enough else "no",
            "yes" if one.in_the_running else "no",
        ]
        for one in comparison.recommendation.candidates
    ]
    header = ["method, the cheapest first", "within the margin of the best: how sure"]
    return Table([*header, "surely good enough", "in the running"], rows)


def _calibration(comparison: Comparison, report: Mapping[str, Any]) -> Table:
    keys = ("temperature", "error", "error_calibrated", "log_loss", "log_loss_calibrated")
    rows = [
        [comparison.method(row["method"]).title, *(f"{row[key]:.3f}" for key in keys)]
        for row in report["calibration"]
    ]
    header = ["method", "temperature", "calibration error", "calibration error, after"]
    header += ["log loss", "log loss, after"]
    return Table(header, rows)


def _recipes(comparison: Comparison, metrics: Path) -> Table:
    rows = []
    for method in compared_methods(comparison):
        path = section_path(method.name, metrics)
        recipe = read_json(path) if path.is_file() else {}
        rows.append([method.title, ", ".join(f"{key} {recipe[key]}" for key in sorted(recipe))])
    return Table(["method", "trained with"], rows)


def _errors(comparison: Comparison, folder: Path) -> list[dict[str, Any]] | None:
    """None if they are not here."""
    methods = compared_methods(comparison)
    paths = [folder / f"{method.name}.csv" for method in methods]
    if not any(path.is_file() for path in paths):
        return None
    found = []
    for method, path in zip(methods, paths, strict=True):
        if not path.is_file():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                kept = {key: row[key] for key in ("actual", "predicted", "text")}
                confidence = float(row["confidence"])
                found.append({"method": method.title, "confidence": confidence, **kept})
    return found


class _Markup(str):
    """Text that the template takes as it is."""

    def __html__(self) -> str:
        return self


def _inlined(content: object) -> _Markup:
    """JSON within a script element, which no text in it can end."""
    text = json.dumps(content, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return _Markup(text)


def _data(report: Mapping[str, Any]) -> Table:
    kept = report["kept"]
    labels = list(kept["train"]["by_label"])
    rows = [["examples", *(f"{kept[split]['examples']:,}" for split in _SPLITS)]]
    rows += [
        [label, *(f"{kept[split]['by_label'].get(label, 0):,}" for split in _SPLITS)]
        for label in labels
    ]
    dropped = report["dropped"]
    for reason in sorted({reason for of_split in dropped.values() for reason in of_split}):
        counts = [dropped.get(split, {}).get(reason, 0) for split in _SPLITS]
        rows.append([f"dropped: {reason.replace('_', ' ')}", *(f"{count:,}" for count in counts)])
    return Table(["what", *_SPLITS], rows)


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def _is_committed() -> bool:
    """Whether HEAD has all that the results come from, and the results."""
    paths = ("params.yaml", "dvc.yaml", "dvc.lock", "src", "metrics", "requirements.lock")
    return not _git("status", "--porcelain", "--untracked-files=no", "--", *paths)


def _origin() -> str:
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return "Made outside of a git repository."
    if _is_committed():
        return f"Made at commit {commit}, with these commands:"
    return (
        f"Made on top of commit {commit}, with changes that were not committed then; textune report"
        " writes a page that names their commit when there is one."
    )


def _command() -> str:
    commit = _git("rev-parse", "HEAD")
    return f"git checkout {commit}\ndvc repro" if commit and _is_committed() else "dvc repro"
