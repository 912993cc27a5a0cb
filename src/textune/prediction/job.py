"""One call of `textune predict`: which model, which texts, and where the predictions go."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from textune.config.sections import Decision
from textune.errors import UserError
from textune.io import read_json
from textune.prediction.finding import COMPARISON, place, recommended, run_folders
from textune.prediction.output import FORMATS, open_writer
from textune.prediction.predicting import Predictor, Summary, predict_rows
from textune.prediction.rows import (
    TEXT,
    Table,
    parquet_of,
    rows_of_lines,
    rows_of_texts,
    table_of_file,
)
from textune.prediction.trained import load_trained
from textune.runs.store import RunFolder

_STDIN = Path("-")
# What is read, the file that it is from, and the file that predictions go to.
_Job = tuple[Table, Path | None, Path | None]


@dataclass(frozen=True)
class Wanted:
    """Which model predicts.

    method: None for the recommended one; seed: None for the first; revision: None for the
    workspace; run: the folder of a run, in the place of all these; device: auto, cpu or cuda.
    """

    method: str | None = None
    seed: int | None = None
    ensemble: bool = False
    revision: str | None = None
    run: Path | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Form:
    """How rows are read and written; see `textune predict --help`."""

    text_column: str = "text"
    format: str | None = None
    abstain_below: float = 0.0
    allow_empty: bool = False
    stream: bool = False


def predict(
    texts: list[str], inputs: list[Path], output: Path | None, wanted: Wanted, form: Form
) -> None:
    """Predict for the texts, or for the rows of the inputs; standard input if neither is given."""
    if form.format not in (None, *FORMATS):
        raise UserError(f"--format is {form.format!r}, but it may be {', '.join(FORMATS)}")
    jobs = _jobs(texts, inputs, output, form)
    for _, _, target in jobs:
        _require_format(target, form)
    predictor, about = _predictor(wanted, form)
    for table, source, target in jobs:
        start, summary = time.perf_counter(), Summary()
        parquet = parquet_of(source)
        schema = parquet.schema_arrow if parquet else None
        # Parquet is read by no person.
        written = form.format or _format_of(target or (None if parquet else source))
        with (
            open_writer(written, target, predictor.label_names, schema) as writer,
            _progress(summary, source, parquet.metadata.num_rows if parquet else None),
        ):
            predict_rows(predictor, table, writer, summary, form.stream)
        by = f"{about}, in {predictor.models[0].runtime}"
        _tell(by, summary, time.perf_counter() - start, target)


def _jobs(texts: list[str], inputs: list[Path], output: Path | None, form: Form) -> list[_Job]:
    if texts or inputs in ([], [_STDIN]):
        if output is not None and output.is_dir():
            raise UserError(f"--output: {output} is a folder; name a file")
        if form.text_column != TEXT:
            raise UserError("--text-column is for files; of standard input each line is a text")
        rows = rows_of_texts(texts) if texts else rows_of_lines(sys.stdin.buffer)
        return [(Table("standard input", [TEXT], rows), None, output)]
    for path in inputs:
        if not path.is_file():
            raise UserError(f"--input: {path} is no file")
    several = len(inputs) > 1
    if several and output is None:
        raise UserError("several files go to a folder; name one with --output")
    jobs: list[_Job] = []
    for path in inputs:
        target = output
        if output is not None and (several or output.is_dir()):
            ending = {None: path.suffix, "lines": ".txt"}.get(form.format, f".{form.format}")
            target = output / f"{path.stem}{ending}"
        if target is not None and target.exists() and any(map(target.samefile, inputs)):
            raise UserError(f"--output: {target} is what is read; name another file")
        jobs.append((table_of_file(path, form.text_column), path, target))
    targets = [target for _, _, target in jobs]
    if several and len({*targets}) < len(targets):
        raise UserError("--input has two files whose predictions would go to one file")
    return jobs


def _format_of(path: Path | None) -> str:
    """By the ending of the file that is written or, if there is none, of the one that is read."""
    ending = "" if path is None else path.suffix.lower().lstrip(".")
    return ending if ending in FORMATS else "lines"


def _require_format(target: Path | None, form: Form) -> None:
    """Raise `UserError` for a file whose ending says nothing, unless `--format` does."""
    ordinary = target is not None and (target.is_file() or not target.exists())
    if ordinary and form.format is None and _format_of(target) == "lines":
        raise UserError(
            f"--output: the name of {target} does not end in .csv, .tsv, .jsonl or .parquet; name"
            " another file, or the form with --format"
        )


def _predictor(wanted: Wanted, form: Form) -> tuple[Predictor, str]:
    """What predicts, and what to call it."""
    if wanted.run is not None:
        if not RunFolder(wanted.run).record.is_file():
            raise UserError(f"--run: {wanted.run} is no folder of a run, which has a run.json")
        models = [load_trained(wanted.run, wanted.device)]
        beside = wanted.run / COMPARISON.name
        why, decision = "", _decision(beside if beside.is_file() else COMPARISON)
    else:
        with place(wanted.revision) as where:
            method = wanted.method or recommended(where)
            folders = run_folders(where, method, wanted.seed, wanted.ensemble)
            models = [load_trained(folder, wanted.device) for folder in folders]
            why = "" if wanted.method else " (recommended)"
            decision = _decision(where.local(COMPARISON))
    seeds = ", ".join(str(model.record.seed) for model in models)
    about = f"{models[0].record.name}{why}, seed{'s' * (len(models) > 1)} {seeds}"
    return Predictor(models, decision, form.abstain_below, form.allow_empty), about


def _decision(comparison: Path) -> Decision:
    """How the comparison goes from probabilities to a class."""
    balanced = comparison.is_file() and read_json(comparison).get("decision") == "balanced"
    return "balanced" if balanced else "most_probable"


def _progress(summary: Summary, source: Path | None, total: int | None) -> Progress:
    """Rows that are done, of all if their number is known."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty() or source is None,
    )
    task = progress.add_task(f"{source}", total=total)
    summary.seen = lambda rows: progress.update(task, completed=rows)
    return progress


def _tell(about: str, summary: Summary, seconds: float, target: Path | None) -> None:
    rows = "1 row" if summary.rows == 1 else f"{summary.rows:,} rows"
    parts = [f"{about}: {rows} in {seconds:.1f} s"]
    if summary.undecided:
        parts.append(f"{summary.undecided:,} undecided")
    if summary.empty:
        parts.append(f"{summary.empty:,} without a text")
    if target is not None:
        parts.append(str(target))
    print(", ".join(parts), file=sys.stderr)
