"""What stands in the blocks of docs/study.md, and its figures in prose, from the study's files.

`python -m tests.study_page` (`make study`) writes the blocks, and those of docs/study_choices.md,
into the pages; a test compares both blocks and prose.
"""

from collections.abc import Callable

from tests import study_choices
from tests.pages import with_block
from tests.study_files import ALL_LINEAR, NONE, STUDY, Scores, interval, table
from tests.tiny import ROOT
from textune.files import read_json
from textune.results import predictions
from textune.results.names import TITLES, UNTRAINED, row_name


def claims() -> str:
    """What the study says, what is measured here, and whether it holds."""
    three, ten = Scores(), Scores("ten_epochs")
    gain = three.pair("lora", "baseline")
    early = three.pair("adapter", "lora")
    late = ten.pair("adapter_ten_epochs", "lora_ten_epochs")
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
                f"{'holds' if undecided(early) else 'does not hold'}: adapters minus LoRA {early}",
            ],
            [
                "More epochs could reveal clearer differences.",
                f"after ten, LoRA {ten.with_interval('lora_ten_epochs')},"
                f" adapters {ten.with_interval('adapter_ten_epochs')}",
                f"{'cannot be told' if undecided(late) else 'holds'}: adapters minus LoRA {late}",
            ],
            [
                "LoRA takes 71 minutes, adapters 66.",
                f"LoRA {three.minutes('lora')}, adapters {three.minutes('adapter')} minutes,"
                " on 2 CPU cores",
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


def undecided(pair: str) -> bool:
    return pair.endswith("not distinguishable")


def side_by_side() -> str:
    """The study, this one and published records, on the same test rows."""
    scores = Scores()
    ours = [
        [
            f"here, {name}",
            f"MiniLM, {scores.parameters(method)}",
            scores.with_interval(method),
            scores.with_interval(method, "macro_recall"),
            f"{scores.mean(method, 'macro_f1'):.3f}",
            NONE if method == UNTRAINED else f"{scores.minutes(method)} min",
        ]
        for method, name in scores.names.items()
    ]
    study = [
        [f"the study, {name}", "DistilBERT, 66 M", score, NONE, score, time]
        for name, score, time in (
            ("untrained head", "0.34", NONE),
            ("LoRA", "0.68", "71 min"),
            ("adapters", "0.67", "66 min"),
        )
    ]
    tweeteval = "[TweetEval](https://aclanthology.org/2020.findings-emnlp.148/)"
    leaderboard = "[its leaderboard](https://github.com/cardiffnlp/tweeteval)"
    published = [
        [source, model, NONE, recall, NONE, NONE]
        for source, model, recall in (
            (tweeteval, "linear SVM, FastText", "0.629"),
            (tweeteval, "RoBERTa-base, 125 M", "0.713"),
            (tweeteval, "RoBERTa-base, trained further on tweets, 125 M", "0.726"),
            (leaderboard, "BERTweet, 135 M", "0.734"),
            (leaderboard, "TimeLMs-2021, 125 M", "0.737"),
        )
    ]
    head = ["", "model, parameters", "accuracy", "macro recall", "F1", "training time"]
    return table(head, [*study, *ours, *published])


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
                row_name(method),
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


def adapters_minus_lora() -> str:
    """Their difference after three and after ten epochs."""
    scores = Scores("ten_epochs")
    rows = []
    for epochs, suffix in (("three", ""), ("ten", "_ten_epochs")):
        gap = scores.gap(f"adapter{suffix}", f"lora{suffix}")
        rows.append(
            [
                epochs,
                f"{gap['difference']:+.3f}",
                *(interval(gap[question]) for question in ("models", "method")),
                f"{gap['method']['smallest_detectable']:.3f}",
            ]
        )
    head = ["these models, 95 %", "the methods, 95 %", "smallest detectable"]
    return table(["epochs", "adapters minus LoRA", *head], rows)


def chosen() -> str:
    """The method that textune names, by metric and decision."""
    rows = []
    for folder in ("", "macro_recall", "balanced"):
        comparison = read_json(STUDY / folder / "comparison.json")
        how = comparison["decision"].replace("_", " ")
        found = comparison["choice"]
        names = [row_name(found[key]) for key in ("best_on_validation", "method")]
        rows.append([f"{TITLES[comparison['metric']]}, {how}", *names])
    return table(["chosen by", "best on validation", "named by textune"], rows)


def prose() -> list[str]:
    """The figures that stand in sentences of docs/study.md."""
    three, ten = Scores(), Scores("ten_epochs")
    validation = read_json(STUDY / "validation.json")
    tuned = ("lora", "adapter", ALL_LINEAR, "full")
    means = [three.mean(method) for method in tuned]
    behind = {
        method: 100 * (validation["full"]["accuracy"] - validation[method]["accuracy"])
        for method in ("lora", "adapter")
    }
    time = {method: three.seconds(method) / three.seconds("full") for method in ("lora", "adapter")}
    first, this = (
        predictions.read(STUDY / folder / "runs/lora/0/predictions/test.parquet").hits.mean()
        for folder in ("by_macro_recall", "")
    )
    short = {
        metric: [100 * (goal - three.mean(method, metric)) for method in methods]
        for metric, goal, methods in (
            ("accuracy", 0.70, ("lora", "adapter", "full")),
            ("macro_recall", 0.715, ("lora", "full")),
        )
    }
    gap = ten.gap("adapter_ten_epochs", "lora_ten_epochs")
    kept = read_json(STUDY / "data.json")["kept"]
    neutral = kept["test"]["by_label"]["neutral"] / kept["test"]["rows"]
    return [
        f"{kept['train']['rows']:,} of TweetEval's training tweets",
        f"always answering neutral ({neutral:.3f})",
        f"LoRA {100 * (this - first):.1f} points",
        f"within {100 * (max(means) - min(means)):.1f} points of each other",
        f"adapters {behind['adapter']:.1f} points behind it, LoRA {behind['lora']:.1f}",
        f"adapters train in {time['adapter']:.2f} of its time, LoRA in {time['lora']:.2f}",
        f"less than {100 * gap['method']['smallest_detectable']:.0f} points",
        f"short by {min(short['accuracy']):.1f} to {max(short['accuracy']):.1f} points",
        f"by {min(short['macro_recall']):.1f} to {max(short['macro_recall']):.1f} of macro recall",
    ]


# By page and the text of a block's marker, what stands there.
BLOCKS: dict[str, dict[str, Callable[[], str]]] = {
    "docs/study.md": {
        "claims": claims,
        "comparison.json: choice": chosen,
        "side by side": side_by_side,
        "ten_epochs": ten_epochs,
        "ten_epochs/comparison.json": adapters_minus_lora,
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
