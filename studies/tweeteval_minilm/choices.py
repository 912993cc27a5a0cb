"""The figures of docs/study_choices.md, in blocks and in sentences, made from the study's files."""

import contextlib
import io
from collections.abc import Callable
from functools import partial

from studies.tweeteval_minilm.files import (
    ALL_LINEAR,
    METHODS,
    NONE,
    STUDY,
    Scores,
    curve,
    table,
    triple,
)
from textune.io import read_json
from textune.report.tables import print_table
from textune.report.titles import UNTRAINED, row_name


def every_pair() -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        print_table(STUDY, markdown=True)
    return output.getvalue()


def search_rates() -> str:
    """A row a method: each rate with accuracy, macro recall and loss on validation."""
    found = read_json(STUDY / "search/learning_rates.json")
    linear = read_json(STUDY / "search/all_linear.json")
    own = linear["setting"]["lora"]["learning_rate"]
    trials = {
        row_name(method): {float(rate): one for rate, one in found[method]["trials"].items()}
        for method in METHODS
        if method in found
    }
    trials[row_name(ALL_LINEAR)] = {
        float(name.partition("=")[2] or own): one for name, one in linear["lora"]["trials"].items()
    }
    rows = []
    for name, by_rate in trials.items():
        cells = {rate: f"{rate:g}: {triple(one)}" for rate, one in sorted(by_rate.items())}
        best = max(by_rate, key=lambda rate: by_rate[rate]["accuracy"])
        rows.append([name, *({**cells, best: f"**{cells[best]}**"}).values()])
    return table(["method", "rate: accuracy / macro recall / loss", "", "", ""], rows)


def rates_on_all_rows() -> str:
    """Validation accuracy and loss by epoch, seed 0, of each method's rates; bold the best."""
    runs = {(path.parent.name, path) for path in STUDY.glob("runs/*/0")}
    for path in [*STUDY.glob("candidates/*/0"), STUDY / "by_macro_recall/runs/full/0"]:
        runs.add((read_json(path / "run.json")["method"], path))
    rows = []
    for method in METHODS[1:]:
        by_rate = {}
        for path in (path for name, path in runs if name == method):
            record = read_json(path / "run.json")
            rate = record["params"][record["method"]]["learning_rate"]
            by_rate[rate] = list(zip(curve(path, "accuracy"), curve(path, "loss"), strict=True))
        best = max(by_rate, key=lambda rate: max(by_rate[rate]))
        for rate, epochs in sorted(by_rate.items()):
            bold = "**" if rate == best else ""
            cells = (f"{accuracy:.3f} / {loss:.3f}" for accuracy, loss in epochs)
            rows.append([row_name(method), f"{bold}{rate:g}{bold}", *cells])
    return table(["method", "rate", "epoch 1", "epoch 2", "epoch 3"], rows)


def changes(name: str) -> str:
    """A row a change, a column a method: accuracy, macro recall and loss on validation."""
    found = read_json(STUDY / f"search/{name}.json")
    methods = [method for method in METHODS if method in found]
    names = dict.fromkeys(trial for method in methods for trial in found[method]["trials"])
    rows = []
    for trial in names:
        scores = [found[method]["trials"].get(trial) for method in methods]
        cells = [triple(one) if one else NONE for one in scores]
        rows.append([trial if "=" not in trial else f"`{trial}`", *cells])
    return table(["", *map(row_name, methods)], rows)


def decisions() -> str:
    """Both decisions on validation, where one is chosen, and on test."""
    scores = {
        (split, folder): read_json(STUDY / folder / f"{split}.json")
        for split in ("validation", "quality")
        for folder in ("", "balanced")
    }
    rows = [
        [
            name,
            *(
                f"{scores[split, folder][method]['accuracy']:.3f}"
                f" / {scores[split, folder][method]['macro_recall']:.3f}"
                for split in ("validation", "quality")
                for folder in ("", "balanced")
            ),
        ]
        for method, name in Scores().names.items()
    ]
    head = [
        f"{split}, {how}"
        for split in ("validation", "test")
        for how in ("most probable", "balanced")
    ]
    return table(["accuracy / macro recall", *head], rows)


def targets() -> str:
    """What the study was to reach, and what it reaches on test; means over seeds."""
    scores = Scores()
    rows = [
        [
            scores.names[method],
            f"{scores.mean(method):.3f}",
            "0.70",
            f"{scores.mean(method, 'macro_recall'):.3f}",
            recall,
        ]
        for method, recall in (("lora", "0.715"), ("adapter", NONE), ("full", "0.715"))
    ]
    return table(["test", "accuracy", "wanted", "macro recall", "wanted"], rows)


def class_shares() -> str:
    """The shares of the classes in each split."""
    kept = read_json(STUDY / "data.json")["kept"]
    labels = list(kept["test"]["by_label"])
    rows = [
        [
            split,
            f"{kept[split]['rows']:,}",
            *(f"{kept[split]['by_label'][label] / kept[split]['rows']:.3f}" for label in labels),
        ]
        for split in ("train", "validation", "test")
    ]
    return table(["", "tweets", *labels], rows)


def by_class() -> str:
    """Each class's recall, and accuracy also as test's shares of classes would make it."""
    validation, test = (read_json(STUDY / f"{name}.json") for name in ("validation", "quality"))
    counts = read_json(STUDY / "data.json")["kept"]["test"]["by_label"]
    rows = []
    for method, name in list(Scores().names.items())[1:]:
        recalls = {
            label: [split[method][f"recall_{label}"] for split in (validation, test)]
            for label in counts
        }
        mixed = sum(recalls[label][0] * count for label, count in counts.items())
        accuracies = (
            validation[method]["accuracy"],
            mixed / sum(counts.values()),
            test[method]["accuracy"],
        )
        rows.append(
            [
                name,
                *(f"{before:.3f} → {after:.3f}" for before, after in recalls.values()),
                *(f"{accuracy:.3f}" for accuracy in accuracies),
            ]
        )
    head = [f"recall of {label}" for label in counts]
    accuracy = ["accuracy on validation", "with test's shares", "on test"]
    return table(["validation → test", *head, *accuracy], rows)


def first_run() -> str:
    """The run whose epochs were picked by macro recall, beside the one that the page is about."""
    first, this = Scores("by_macro_recall"), Scores()
    methods = [method for method in first.names if method != UNTRAINED]
    rows = [
        [
            name,
            *(scores.with_interval(method) for method in methods),
            scores.pair("adapter", "lora"),
        ]
        for name, scores in (("first", first), ("this", this))
    ]
    head = (first.names[method] for method in methods)
    return table(["run", *head, "adapters minus LoRA"], rows)


def prose() -> list[str]:
    """The figures that stand in sentences of docs/study_choices.md."""
    validation = read_json(STUDY / "validation.json")
    kept = read_json(STUDY / "data.json")["kept"]["validation"]
    accuracy = validation["lora"]["accuracy"]
    error = 100 * (accuracy * (1 - accuracy) / kept["rows"]) ** 0.5
    first, _, third = curve(STUDY / "candidates/lora_0_002/0", "accuracy")
    trials = read_json(STUDY / "search/changes_4000.json")["lora"]["trials"]
    warmup, none = (
        trials[name]["accuracy"] for name in ("train.warmup_ratio=0.2", "as in params.yaml")
    )
    recall = {method: f"{validation[method]['macro_recall']:.3f}" for method in ("lora", "full")}
    return [
        f"{kept['rows']:,} validation tweets",
        f"{error:.1f} point of accuracy",
        f"({kept['by_label']['negative']} tweets are negative)",
        f"the first epoch {100 * (third - first):.1f} points of accuracy below the third",
        f"raises LoRA's accuracy by {100 * (warmup - none):.1f} points",
        f"macro recall {recall['lora']} for LoRA and {recall['full']} for full fine-tuning",
    ]


# By the text of its marker.
BLOCKS: dict[str, Callable[[], str]] = {
    "textune table --metrics metrics/studies/tweeteval-minilm --markdown": every_pair,
    "search/learning_rates.json, search/all_linear.json": search_rates,
    "candidates": rates_on_all_rows,
    "search/changes.json": partial(changes, "changes"),
    "search/changes_4000.json": partial(changes, "changes_4000"),
    "decisions": decisions,
    "targets": targets,
    "data.json": class_shares,
    "validation.json, quality.json": by_class,
    "by_macro_recall": first_run,
}
