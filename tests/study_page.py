"""What stands in the blocks of docs/study.md, made from the files of the study.

`python -m tests.study_page` (`make study`) writes them, and those of docs/study_choices.md, into
the pages; a test compares.
"""

import contextlib
import io
from collections.abc import Callable

from tests import study_choices
from tests.pages import with_block
from tests.study_files import ALL_LINEAR, METHODS, STUDY, Scores, table
from tests.tiny import ROOT
from textune.files import read_json
from textune.results.names import UNTRAINED, row_name
from textune.results.table import print_table

NONE = "–"


def results() -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        print_table(STUDY, markdown=True)
    return output.getvalue()


def claims() -> str:
    """What the study says, what is measured here, and whether it holds."""
    accuracy, ten = Scores(), Scores("ten_epochs")
    ratio = accuracy.seconds("lora") / accuracy.seconds("adapter")
    return table(
        ["the study", "here, accuracy on test", "verdict"],
        [
            [
                "Training lifts accuracy from 0.34 to 0.68.",
                f"untrained {accuracy.of(UNTRAINED)}, trained head {accuracy.of('baseline')},"
                f" LoRA {accuracy.of('lora')}",
                f"LoRA minus trained head {accuracy.pair('lora', 'baseline')}",
            ],
            [
                "LoRA 0.68, adapters 0.67: not much difference.",
                f"LoRA {accuracy.of('lora')}, adapters {accuracy.of('adapter')}",
                f"adapters minus LoRA {accuracy.pair('adapter', 'lora')}",
            ],
            [
                "More epochs could reveal clearer differences.",
                f"after ten, LoRA {ten.of('lora_ten_epochs')},"
                f" adapters {ten.of('adapter_ten_epochs')}",
                f"adapters minus LoRA {ten.pair('adapter_ten_epochs', 'lora_ten_epochs')}",
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
                f"LoRA takes 71 minutes, adapters 66: {71 / 66:.2f} times as long.",
                f"LoRA {accuracy.minutes('lora')} minutes, adapters"
                f" {accuracy.minutes('adapter')}, on 2 CPU cores",
                f"{ratio:.2f} times as long",
            ],
        ],
    )


def ten_epochs() -> str:
    """Ten epochs beside three: a row a method."""
    scores = Scores("ten_epochs")
    validation = read_json(STUDY / "ten_epochs/validation.json")
    rows = []
    for method in ("lora", "adapter"):
        more = f"{method}_ten_epochs"
        kept = [
            str(read_json(STUDY / f"ten_epochs/runs/{more}/{seed}/run.json")["best_epoch"])
            for seed in range(scores.comparison["seeds"])
        ]
        rows.append(
            [
                row_name(method, 1),
                *(f"{validation[name]['accuracy']:.3f}" for name in (method, more)),
                *(f"{scores.mean(name):.3f}" for name in (method, more)),
                scores.pair(more, method),
                ", ".join(kept),
            ]
        )
    head = [
        *(f"{split}, {epochs}" for split in ("validation", "test") for epochs in ("three", "ten")),
        "ten minus three, test",
        "epochs kept",
    ]
    return table(["accuracy", *head], rows)


def targets() -> str:
    """What the study was to reach, and what it reaches on test; means over seeds."""
    scores = Scores()
    goals = [("lora", "0.715"), ("full", "0.715"), ("adapter", NONE)]
    rows = [
        [
            scores.names[method],
            f"{scores.mean(method):.3f}",
            "0.70",
            f"{scores.mean(method, 'macro_recall'):.3f}",
            recall,
        ]
        for method, recall in goals
    ]
    return table(["test", "accuracy", "wanted", "macro recall", "wanted"], rows)


def classes() -> str:
    """Validation as it is, with test's shares of the classes, and test: accuracy."""
    validation, test = (read_json(STUDY / f"{name}.json") for name in ("validation", "quality"))
    counts = read_json(STUDY / "data.json")["kept"]["test"]["by_label"]
    rows = []
    for method in METHODS[1:]:
        mixed = sum(
            validation[method][f"recall_{label}"] * count for label, count in counts.items()
        ) / sum(counts.values())
        accuracies = (validation[method]["accuracy"], mixed, test[method]["accuracy"])
        rows.append([Scores().names[method], *(f"{accuracy:.3f}" for accuracy in accuracies)])
    return table(["accuracy", "validation", "validation, classes as in test", "test"], rows)


def shares() -> str:
    """The shares of the classes in each split."""
    kept = read_json(STUDY / "data.json")["kept"]
    labels = list(kept["test"]["by_label"])
    rows = [
        [
            split,
            f"{found['rows']:,}",
            *(f"{found['by_label'][label] / found['rows']:.3f}" for label in labels),
        ]
        for split, found in ((split, kept[split]) for split in ("train", "validation", "test"))
    ]
    return table(["", "tweets", *labels], rows)


def others() -> str:
    """The study, this one and published records, on the same test rows."""
    scores = Scores()
    ours = [
        [
            f"here, {name}",
            scores.parameters(method),
            "MiniLM",
            scores.of(method),
            scores.of(method, "macro_recall"),
        ]
        for method, name in scores.names.items()
    ]
    tweeteval = "[TweetEval](https://aclanthology.org/2020.findings-emnlp.148/)"
    leaderboard = "[its leaderboard](https://github.com/cardiffnlp/tweeteval)"
    published = [
        ["linear SVM, FastText", NONE, tweeteval, NONE, "0.629"],
        ["RoBERTa-base", "125 M", tweeteval, NONE, "0.713"],
        ["RoBERTa-base, trained further on tweets", "125 M", tweeteval, NONE, "0.726"],
        ["BERTweet", "135 M", leaderboard, NONE, "0.734"],
        ["TimeLMs-2021", "125 M", leaderboard, NONE, "0.737"],
    ]
    study = [
        [f"the study, {name}", "66 M", "DistilBERT", score, NONE]
        for name, score in (("untrained head", "0.34"), ("adapters", "0.67"), ("LoRA", "0.68"))
    ]
    head = ["", "parameters", "model or source", "accuracy", "macro recall"]
    return table(head, [*study, *ours, *published])


# By page and the text of a block's marker, what stands there.
BLOCKS: dict[str, dict[str, Callable[[], str]]] = {
    "docs/study.md": {
        "claims": claims,
        "textune table --metrics metrics/studies/tweeteval-minilm --markdown": results,
        "ten_epochs": ten_epochs,
        "targets": targets,
        "data.json": shares,
        "validation.json, quality.json, data.json": classes,
        "others": others,
    },
    "docs/study_choices.md": study_choices.BLOCKS,
}


def main() -> None:
    for page, blocks in BLOCKS.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        for command, content in blocks.items():
            text = with_block(text, command, content())
        (ROOT / page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
