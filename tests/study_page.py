"""The blocks of docs/study.md that hold figures, made from the files of the study.

`python -m tests.study_page` (`make study`) writes them into the page; a test compares.
"""

import contextlib
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.pages import with_block
from tests.tiny import ROOT
from textune.files import read_json
from textune.results.names import UNTRAINED, row_name
from textune.results.table import print_table

PAGE = ROOT / "docs/study.md"
STUDY = ROOT / "metrics/studies/tweeteval-minilm"
ALL_LINEAR = "lora_all_linear"
# By trained parameters.
METHODS = (UNTRAINED, "baseline", "lora", "adapter", ALL_LINEAR, "full")


def blocks() -> dict[str, str]:
    """By the text of its marker, what stands in each block."""
    return {
        "claims": claims(),
        "textune table --metrics metrics/studies/tweeteval-minilm --markdown": results(),
        "others": others(),
        "decisions": decisions(),
        "by_macro_recall": first_run(),
        "search/learning_rates.json, search/all_linear.json": rates(),
        "candidates": candidates(),
        "search/changes.json": changes("changes"),
        "search/changes_4000.json": changes("changes_4000"),
    }


def results() -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        print_table(STUDY, markdown=True)
    return output.getvalue()


def claims() -> str:
    """What the study says, what is measured here, and whether it holds."""
    accuracy = Scores("")
    gain = accuracy.pair("lora", "baseline")
    minutes = {method: accuracy.minutes(method) for method in ("lora", "adapter")}
    return table(
        ["the study", "here, accuracy on test", "verdict"],
        [
            [
                "Training lifts accuracy from 0.34 to 0.68.",
                f"untrained {accuracy.of(UNTRAINED)}, trained head {accuracy.of('baseline')},"
                f" LoRA {accuracy.of('lora')}",
                f"LoRA minus trained head {gain}",
            ],
            [
                "LoRA 0.68, adapters 0.67: not much difference.",
                f"LoRA {accuracy.of('lora')}, adapters {accuracy.of('adapter')}",
                f"adapters minus LoRA {accuracy.pair('adapter', 'lora')}",
            ],
            [
                "(LoRA was put on query and value only.)",
                f"on all linear layers {accuracy.of(ALL_LINEAR)}",
                f"that minus query and value {accuracy.pair(ALL_LINEAR, 'lora')}",
            ],
            [
                "(Full fine-tuning was not run.)",
                f"full {accuracy.of('full')}",
                f"full minus LoRA {accuracy.pair('full', 'lora')};"
                f" full minus adapters {accuracy.pair('full', 'adapter')}",
            ],
            [
                "LoRA takes 71 minutes, adapters 66.",
                f"LoRA {minutes['lora']}, adapters {minutes['adapter']}, on 2 CPU cores",
                "another model on another machine",
            ],
        ],
    )


def others() -> str:
    """The study, this one and published records, on the same test rows."""
    scores = Scores("")
    ours = [
        [
            f"here, {name}",
            "22.7 M",
            "MiniLM",
            scores.of(method),
            scores.of(method, "macro_recall"),
        ]
        for method, name in scores.names.items()
    ]
    tweeteval = "[TweetEval](https://aclanthology.org/2020.findings-emnlp.148/)"
    leaderboard = "[its leaderboard](https://github.com/cardiffnlp/tweeteval)"
    none = "–"
    published = [
        ["linear SVM, FastText", none, tweeteval, none, "0.629"],
        ["RoBERTa-base", "125 M", tweeteval, none, "0.713"],
        ["RoBERTa-base, trained further on tweets", "125 M", tweeteval, none, "0.726"],
        ["BERTweet", "135 M", leaderboard, none, "0.734"],
        ["TimeLMs-2021", "125 M", leaderboard, none, "0.737"],
    ]
    study = [
        [f"the study, {name}", "66 M", "DistilBERT", score, none]
        for name, score in (("untrained head", "0.34"), ("adapters", "0.67"), ("LoRA", "0.68"))
    ]
    head = ["", "parameters", "model or source", "accuracy", "macro recall"]
    return table(head, [*study, *ours, *published])


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
        for method, name in Scores("").names.items()
    ]
    head = [
        f"{split}, {how}"
        for split in ("validation", "test")
        for how in ("most probable", "balanced")
    ]
    return table(["accuracy / macro recall", *head], rows)


def first_run() -> str:
    """The run whose epochs were picked by macro recall, beside the one that the page is about."""
    first, this = Scores("by_macro_recall"), Scores("")
    rows = [
        [name, *(scores.of(method) for method in first.names), scores.pair("adapter", "lora")]
        for name, scores in (("first", first), ("this", this))
    ]
    return table(["run", *first.names.values(), "adapters minus LoRA"], rows)


def rates() -> str:
    """A row a method: each rate with accuracy, macro recall and loss on validation."""
    found = read_json(STUDY / "search/learning_rates.json")
    linear = read_json(STUDY / "search/all_linear.json")
    own = linear["setting"]["lora"]["learning_rate"]
    trials = {
        row_name(method, 1): {float(rate): one for rate, one in found[method]["trials"].items()}
        for method in METHODS
        if method in found
    }
    trials[row_name(ALL_LINEAR, 1)] = {
        float(name.partition("=")[2] or own): one for name, one in linear["lora"]["trials"].items()
    }
    rows = []
    for name, by_rate in trials.items():
        best = max(by_rate, key=lambda rate: by_rate[rate]["accuracy"])
        bold = {best: "**"}
        rows.append(
            [
                name,
                *(
                    f"{bold.get(rate, '')}{rate:g}: {triple(one)}{bold.get(rate, '')}"
                    for rate, one in sorted(by_rate.items())
                ),
            ]
        )
    return table(["method", "rate: accuracy / macro recall / loss", "", "", ""], rows)


def candidates() -> str:
    """Validation accuracy by epoch of the rates that were tried on all training rows."""
    taken = [(run, run.parent.name, "**") for run in STUDY.glob("runs/*/0")]
    left = [*STUDY.glob("candidates/*/0"), STUDY / "by_macro_recall/runs/full/0"]
    runs = [*taken, *((run, read_json(run / "run.json")["method"], "") for run in left)]
    rows = []
    for run, name, bold in sorted(runs, key=lambda one: METHODS.index(one[1])):
        record = read_json(run / "run.json")
        rate = record["params"][record["method"]]["learning_rate"]
        epochs = zip(curve(run, "accuracy"), curve(run, "loss"), strict=True)
        rows.append(
            [
                row_name(name, record["trainable_parameters"]),
                f"{bold}{rate:g}{bold}",
                *(f"{accuracy:.3f} / {loss:.3f}" for accuracy, loss in epochs),
            ]
        )
    return table(["method", "rate", "epoch 1", "epoch 2", "epoch 3"], rows)


def changes(name: str) -> str:
    """A row a change, a column a method: accuracy, macro recall and loss on validation."""
    found = read_json(STUDY / f"search/{name}.json")
    methods = [method for method in METHODS if method in found]
    names = dict.fromkeys(trial for method in methods for trial in found[method]["trials"])
    rows = []
    for trial in names:
        scores = [found[method]["trials"].get(trial) for method in methods]
        cells = [triple(one) if one else "–" for one in scores]
        rows.append([trial if "=" not in trial else f"`{trial}`", *cells])
    return table(["", *(row_name(method, 1) for method in methods)], rows)


class Scores:
    """comparison.json and cost.json of a folder of the study, as text."""

    def __init__(self, folder: str) -> None:
        self.comparison: dict[str, Any] = read_json(STUDY / folder / "comparison.json")
        self.cost: dict[str, Any] = read_json(STUDY / folder / "cost.json")
        self.question: str = self.comparison["question"]
        self.names = {
            method: row_name(method, self.cost[method]["trainable_parameters"])
            for method in METHODS
            if method in self.cost
        }

    def of(self, method: str, metric: str = "accuracy") -> str:
        numbers = self.comparison["methods"][method][metric]
        bounds = numbers[self.question]
        return f"{numbers['mean']:.3f} [{bounds['low']:.3f}, {bounds['high']:.3f}]"

    def pair(self, one: str, other: str, metric: str = "accuracy") -> str:
        """The difference of two methods with its interval and verdict."""
        pairs, sign = self.comparison["pairs"], 1
        if f"{one}_minus_{other}" not in pairs:
            one, other, sign = other, one, -1
        numbers = pairs[f"{one}_minus_{other}"][metric]
        low, high = sorted(sign * numbers[self.question][end] for end in ("low", "high"))
        verdict = numbers["verdict"]
        if sign < 0:
            swapped = {"better": "worse", "worse": "better"}
            verdict = re.sub("better|worse", lambda found: swapped[found[0]], verdict)
        return f"{sign * numbers['difference']:+.3f} [{low:+.3f}, {high:+.3f}], {verdict}"

    def minutes(self, method: str) -> str:
        seconds = round(self.cost[method]["train_seconds"])
        return f"{seconds // 60}:{seconds % 60:02d} minutes"


def triple(trial: Mapping[str, float]) -> str:
    return f"{trial['accuracy']:.3f} / {trial['macro_recall']:.3f} / {trial['loss']:.3f}"


def curve(run: Path, metric: str) -> list[float]:
    """A run's validation by epoch, from the first."""
    lines = (run / f"live/plots/metrics/validation/{metric}.tsv").read_text().splitlines()
    return [float(line.split("\t")[1]) for line in lines[2:]]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, [":--"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for command, content in blocks().items():
        text = with_block(text, command, content)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
