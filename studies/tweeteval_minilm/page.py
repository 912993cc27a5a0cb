"""The figures of docs/study.md, in blocks and in sentences, made from the study's files.

`python -m studies.tweeteval_minilm.page` (`make study`) writes the blocks, and those of docs/study_choices.md,
into the pages; a test compares both blocks and sentences.
"""

from collections.abc import Callable, Mapping
from typing import Any

from studies.tweeteval_minilm.files import ALL_LINEAR, NONE, STUDY, Scores, signed, table
from tests import study_choices
from tests.pages import with_block
from tests.tiny import ROOT
from textune.io import read_json
from textune.report.titles import TITLES, UNTRAINED, row_name
from textune.runs.store import SPLITS, read_run

QUESTIONS = ("these models, 95 %", "the methods, 95 %")
# "Not much difference", in accuracy.
ALIKE = 0.02


def claims() -> str:
    """What the study says, what is measured here, and whether it holds."""
    three, ten = Scores(), Scores("ten_epochs")
    gain = three.pair("lora", "baseline")
    early, late = ("adapter", "lora"), ("adapter_ten_epochs", "lora_ten_epochs")
    within = f"within {100 * ALIKE:.0f} points"
    ratio = three.seconds("lora") / three.seconds("adapter")
    return table(
        ["the study", "here, accuracy on test", "verdict"],
        [
            [
                "Training lifts accuracy from 0.34 to 0.68.",
                f"untrained {three.with_interval(UNTRAINED)},"
                f" trained head {three.with_interval('baseline')},"
                f" LoRA {three.with_interval('lora')}",
                f"{'holds' if gain.endswith('better') else 'does not hold'}, even from a trained"
                f" head: LoRA minus trained head {gain}",
            ],
            [
                "LoRA 0.68, adapters 0.67: not much difference.",
                f"LoRA {three.with_interval('lora')}, adapters {three.with_interval('adapter')}",
                f"{f'holds, {within}' if alike(three.gap(*early)) else 'cannot be told'}:"
                f" adapters minus LoRA {three.pair(*early)}",
            ],
            [
                "More epochs could reveal clearer differences.",
                f"after ten, LoRA {ten.with_interval('lora_ten_epochs')},"
                f" adapters {ten.with_interval('adapter_ten_epochs')}",
                f"{f'no, {within}' if alike(ten.gap(*late)) else 'cannot be told'}:"
                f" adapters minus LoRA {ten.pair(*late)}",
            ],
            [
                "LoRA takes 71 minutes, adapters 66.",
                f"LoRA {three.cell('lora', 'training time')},"
                f" adapters {three.cell('adapter', 'training time')} on 2 CPU cores",
                f"LoRA takes {ratio:.2f} times as long, there {71 / 66:.2f}; the minutes are of"
                " other models, padding and machines",
            ],
            [
                "not asked: LoRA was put on query and value only",
                f"on all linear layers {three.with_interval(ALL_LINEAR)}",
                f"that minus query and value {three.pair(ALL_LINEAR, 'lora')}",
            ],
            [
                "not asked: full fine-tuning",
                f"full {three.with_interval('full')}",
                f"full minus LoRA {three.pair('full', 'lora')};"
                f" full minus adapters {three.pair('full', 'adapter')}",
            ],
        ],
    )


def alike(gap: Mapping[str, Any]) -> bool:
    """Whether two methods differ by less than `ALIKE`, as far as their interval tells."""
    return gap["method"]["low"] > -ALIKE and gap["method"]["high"] < ALIKE


def side_by_side() -> str:
    """The study, this one and published records, on the same test rows."""
    scores = Scores()
    measured = {
        "accuracy": "accuracy, 95 % interval",
        "macro recall": "macro recall, 95 % interval",
        "F1": "macro F1, 95 % interval",
        "trained": "trained parameters",
        "training time": "training time",
        "saved": "size on disk",
    }
    ours = [
        [
            f"here, {name}",
            f"MiniLM, {scores.parameters(method)}",
            *(scores.cell(method, heading) for heading in measured.values()),
        ]
        for method, name in scores.names.items()
    ]
    study = [
        [f"the study, {name}", "DistilBERT, 66 M", score, NONE, score, NONE, time, NONE]
        for name, score, time in (
            ("untrained head", "0.34", NONE),
            ("LoRA", "0.68", "71 min"),
            ("adapters", "0.67", "66 min"),
        )
    ]
    tweeteval = "[TweetEval](https://aclanthology.org/2020.findings-emnlp.148/)"
    leaderboard = "[its leaderboard](https://github.com/cardiffnlp/tweeteval)"
    published = [
        [source, model, NONE, recall, *[NONE] * 4]
        for source, model, recall in (
            (tweeteval, "linear SVM, FastText", "0.629"),
            (tweeteval, "RoBERTa-base, 125 M", "0.713"),
            (tweeteval, "RoBERTa-base, trained further on tweets, 125 M", "0.726"),
            (leaderboard, "BERTweet, 135 M", "0.734"),
            (leaderboard, "TimeLMs-2021, 125 M", "0.737"),
        )
    ]
    return table(["", "model, parameters", *measured], [*study, *ours, *published])


def ten_epochs() -> str:
    """Ten epochs beside three."""
    scores = Scores("ten_epochs")
    validation = read_json(STUDY / "ten_epochs/validation.json")
    rows = []
    for metric in ("accuracy", "macro_recall"):
        for method in ("lora", "adapter"):
            three, ten = method, f"{method}_ten_epochs"
            rows.append(
                [
                    f"{row_name(method)}, {TITLES[metric]}",
                    *(f"{validation[name][metric]:.3f}" for name in (three, ten)),
                    *(f"{scores.mean(name, metric):.3f}" for name in (three, ten)),
                    *signed(scores.gap(ten, three, metric)),
                ]
            )
    head = [f"{split}, {epochs}" for split in SPLITS for epochs in ("three", "ten")]
    return table(["", *head, "ten minus three on test", *QUESTIONS], rows)


def adapters_minus_lora() -> str:
    """Their difference after three and after ten epochs."""
    scores = Scores("ten_epochs")
    rows = [
        [
            f"{epochs}, {TITLES[metric]}",
            *signed(scores.gap(f"adapter{suffix}", f"lora{suffix}", metric)),
        ]
        for metric in ("accuracy", "macro_recall")
        for epochs, suffix in (("three", ""), ("ten", "_ten_epochs"))
    ]
    return table(["epochs", "adapters minus LoRA on test", *QUESTIONS], rows)


def machines() -> str:
    """Accuracy of seed 0 with ten epochs, on a GPU and on CPU cores, and with three."""
    folders = {
        "ten epochs, H200": "ten_epochs/runs/{}_ten_epochs/0",
        "ten epochs, 2 CPU cores": "ten_epochs_on_cpu/runs/{}_ten_epochs/0",
        "three epochs, 2 CPU cores": "runs/{}/0",
    }
    rows = []
    for method in ("lora", "adapter"):
        for how, folder in folders.items():
            run = read_run(STUDY / folder.format(method))
            accuracies = (f"{run.predictions[split].hits.mean():.3f}" for split in SPLITS)
            kept = str(read_json(run.folder / "run.json")["best_epoch"])
            rows.append([f"{row_name(method)}, {how}", *accuracies, kept])
    return table(["seed 0", *SPLITS, "epoch kept"], rows)


def prose() -> list[str]:
    """The figures that stand in sentences of docs/study.md."""
    three = Scores()
    tuned = ("lora", "adapter", ALL_LINEAR, "full")
    means = [100 * three.mean(method) for method in tuned]
    validation = read_json(STUDY / "validation.json")
    best = validation["full"]["accuracy"]
    behind = {one: 100 * (best - validation[one]["accuracy"]) for one in ("lora", "adapter")}
    time = {one: three.seconds(one) / three.seconds("full") for one in ("lora", "adapter")}
    first, this = (
        100 * read_run(STUDY / folder / "runs/lora/0").predictions["test"].hits.mean()
        for folder in ("by_macro_recall", "")
    )
    accuracy = [70 - 100 * three.mean(method) for method in ("lora", "adapter", "full")]
    recall = [71.5 - 100 * three.mean(method, "macro_recall") for method in ("lora", "full")]
    kept = read_json(STUDY / "data.json")["kept"]
    neutral = kept["test"]["by_label"]["neutral"] / kept["test"]["rows"]
    ahead = -100 * three.gap("adapter", "lora")["method"]["low"]
    behind_by_recall = 100 * three.gap("full", "adapter", "macro_recall")["method"]["high"]
    better = [100 * three.gap("full", one)["method"]["high"] for one in ("lora", "adapter")]
    return [
        f"{kept['train']['rows']:,} of TweetEval's training tweets",
        f"at most {ahead:.1f} points ahead of adapters",
        f"Always answering neutral gives {neutral:.3f}, a trained head"
        f" {three.mean('baseline'):.3f}, LoRA {three.mean('lora'):.3f}",
        f"up to {max(better):.1f} points better is possible",
        f"had LoRA {this - first:.1f} points lower",
        f"adapters are {behind['adapter']:.1f} points behind full fine-tuning, LoRA"
        f" {behind['lora']:.1f}",
        f"within {max(means) - min(means):.1f} points of each other",
        f"adapters train in {time['adapter']:.2f} of full fine-tuning's time, LoRA in"
        f" {time['lora']:.2f}",
        f"{three.cell('adapter', 'size on disk')} instead of {three.cell('full', 'size on disk')}",
        f"they are at most {behind_by_recall:.1f} points behind",
        f"short by {min(accuracy):.1f} to {max(accuracy):.1f} points",
        f"by {min(recall):.1f} to {max(recall):.1f} points",
    ]


# By page and the text of a block's marker, what stands there.
BLOCKS: dict[str, dict[str, Callable[[], str]]] = {
    "docs/study.md": {
        "claims": claims,
        "side by side": side_by_side,
        "ten_epochs": ten_epochs,
        "ten_epochs/comparison.json": adapters_minus_lora,
        "ten_epochs, ten_epochs_on_cpu": machines,
    },
    "docs/study_choices.md": study_choices.BLOCKS,
}

# By page, the figures that stand in its sentences.
PROSE = {"docs/study.md": prose, "docs/study_choices.md": study_choices.prose}


def main() -> None:
    for page, blocks in BLOCKS.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        for command, content in blocks.items():
            text = with_block(text, command, content())
        (ROOT / page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
