"""The tables of docs/study.md, made from the study's files."""

from studies.tweeteval_minilm.results import NONE, STUDY, Results, both_answers, table
from textune.config.base import UNTRAINED
from textune.config.sections import ComparedMetric
from textune.io import read_json
from textune.metrics.catalog import CATALOG
from textune.report.tables import read_results
from textune.report.titles import SHORT
from textune.runs.store import SPLITS, RunFolder
from textune.stats.results import Difference, Question, Verdict

# What counts as "not much difference" in accuracy.
ALIKE = 0.02

_INTERVALS = [
    f"{SHORT[question]}, 95 % interval" for question in (Question.FIXED_MODELS, Question.OVER_SEEDS)
]
_METRICS: tuple[ComparedMetric, ...] = ("accuracy", "macro_recall")
LARGER_ENCODER = STUDY.parent / "tweeteval_mpnet"
_HEAD = [
    "",
    "model, parameters",
    "accuracy, 95 % interval",
    "macro recall, 95 % interval",
    "F1 (here macro), 95 % interval",
    "trained parameters",
    "training time",
    "size on disk",
]


def claims() -> str:
    """What the study says, what is measured here, and whether it holds."""
    three, ten = Results.read(), Results.read("ten_epochs")
    gain = three.difference("lora", "baseline")
    rows = [
        [
            "Training raises accuracy from 0.34 to 0.68.",
            f"untrained head {three.score(UNTRAINED)}, trained head {three.score('baseline')},"
            f" LoRA {three.score('lora')}",
            f"{'holds' if gain.verdict is Verdict.BETTER else 'does not hold'}, even compared with"
            " a trained head: LoRA minus trained head"
            f" {three.verdict('lora', 'baseline')}",
        ],
        [
            "LoRA 0.68, adapters 0.67: not much difference.",
            f"LoRA {three.score('lora')}, adapters {three.score('adapter')}",
            f"{_alike(three.difference('adapter', 'lora'), 'holds')}: adapters minus LoRA"
            f" {three.verdict('adapter', 'lora')}",
        ],
        [
            "More epochs could show clearer differences.",
            f"after ten epochs, LoRA {ten.score('lora_ten_epochs')},"
            f" adapters {ten.score('adapter_ten_epochs')}",
            f"{_alike(ten.difference('adapter_ten_epochs', 'lora_ten_epochs'), 'does not hold')}:"
            f" adapters minus LoRA {ten.verdict('adapter_ten_epochs', 'lora_ten_epochs')}",
        ],
        [
            "LoRA takes 71 minutes, adapters 66.",
            f"LoRA {three.time('lora')}, adapters {three.time('adapter')} on 2 CPU cores",
            f"LoRA takes {three.seconds('lora') / three.seconds('adapter'):.2f} times as long, in"
            f" the study {71 / 66:.2f} times; the times themselves cannot be compared, because"
            " model, padding and machine differ",
        ],
        [
            "(not in the study: LoRA on more than query and value)",
            f"LoRA on all linear layers {three.score('lora_all_linear')}",
            f"all linear layers minus query and value {three.verdict('lora_all_linear', 'lora')}",
        ],
        [
            "(not in the study: full fine-tuning)",
            f"full fine-tuning {three.score('full')}",
            f"full minus LoRA {three.verdict('full', 'lora')};"
            f" full minus adapters {three.verdict('full', 'adapter')}",
        ],
    ]
    return table(["the study", "here, accuracy on test", "verdict"], rows)


def _alike(difference: Difference, answer: str) -> str:
    """`answer` if the interval shows that two methods differ by less than `ALIKE`."""
    interval = difference.answer(Question.OVER_SEEDS)
    if interval.low > -ALIKE and interval.high < ALIKE:
        return f"{answer}, within {100 * ALIKE:.0f} points"
    return "undecided"


def side_by_side() -> str:
    """The study, this one and published results, on the same test examples."""
    own = _own_rows("MiniLM", Results.read())
    return table(_HEAD, [*_study_rows(), *own, *_published_rows()])


def larger_encoder() -> str:
    """A base-size encoder, on the same test examples."""
    larger = Results(read_results(LARGER_ENCODER), read_json(LARGER_ENCODER / "cost.json"))
    smaller = [row for row in _own_rows("MiniLM", Results.read()) if "all linear" in row[0]]
    return table(_HEAD, [*smaller, *_own_rows("MPNet", larger), *_published_rows()])


def _study_rows() -> list[list[str]]:
    stated = [("untrained head", "0.34", NONE), ("LoRA", "0.68", "71 min")]
    stated.append(("adapters", "0.67", "66 min"))
    return [
        [f"the study, {title}", "DistilBERT, 66 M", score, NONE, score, NONE, time, NONE]
        for title, score, time in stated
    ]


def _own_rows(encoder: str, results: Results) -> list[list[str]]:
    rows = []
    for name, title in results.titles.items():
        costs = [results.trained(name), results.time(name), results.size(name)]
        rows.append(
            [
                f"here, {title}",
                f"{encoder if name != 'tfidf' else 'none'}, {results.total(name)}",
                *(results.score(name, metric) for metric in (*_METRICS, "macro_f1")),
                *(costs if name != UNTRAINED else [NONE] * len(costs)),
            ]
        )
    return rows


def _published_rows() -> list[list[str]]:
    tweeteval = "[TweetEval](https://aclanthology.org/2020.findings-emnlp.148/)"
    leaderboard = "[its leaderboard](https://github.com/cardiffnlp/tweeteval)"
    published = [
        (tweeteval, "linear SVM, FastText", "0.629"),
        (tweeteval, "RoBERTa-base, 125 M", "0.713"),
        (tweeteval, "RoBERTa-base, trained further on tweets, 125 M", "0.726"),
        (leaderboard, "BERTweet, 135 M", "0.734"),
        (leaderboard, "TimeLMs-2021, 125 M", "0.737"),
    ]
    return [[source, model, NONE, recall, *[NONE] * 4] for source, model, recall in published]


def ten_epochs() -> str:
    """Ten epochs compared with three."""
    results = Results.read("ten_epochs")
    validation = read_json(STUDY / "ten_epochs/validation.json")
    rows = []
    for metric in _METRICS:
        for three, ten in (("lora", "lora_ten_epochs"), ("adapter", "adapter_ten_epochs")):
            rows.append(
                [
                    f"{results.titles[three]}, {CATALOG[metric].title}",
                    *(f"{validation[name][metric]:.3f}" for name in (three, ten)),
                    *(f"{results.mean(name, metric):.3f}" for name in (three, ten)),
                    *both_answers(results.difference(ten, three, metric)),
                ]
            )
    head = [f"{split}, {epochs} epochs" for split in SPLITS for epochs in ("three", "ten")]
    return table(["", *head, "ten minus three, on test", *_INTERVALS], rows)


def adapters_minus_lora() -> str:
    """Their difference after three and after ten epochs."""
    results = Results.read("ten_epochs")
    pairs = {"three": ("adapter", "lora"), "ten": ("adapter_ten_epochs", "lora_ten_epochs")}
    rows = [
        [
            f"{epochs}, {CATALOG[metric].title}",
            *both_answers(results.difference(*pair, metric)),
        ]
        for metric in _METRICS
        for epochs, pair in pairs.items()
    ]
    return table(["epochs", "adapters minus LoRA, on test", *_INTERVALS], rows)


def machines() -> str:
    """Accuracy of seed 0 with ten epochs, on a GPU and on CPU cores, and with three."""
    methods = {"LoRA": ("lora", "lora_ten_epochs"), "adapters": ("adapter", "adapter_ten_epochs")}
    rows = []
    for title, (three, ten) in methods.items():
        folders = {
            "ten epochs, H200": RunFolder.of(STUDY / "ten_epochs/runs", ten, 0),
            "ten epochs, 2 CPU cores": RunFolder.of(STUDY / "ten_epochs_on_cpu/runs", ten, 0),
            "three epochs, 2 CPU cores": RunFolder.of(STUDY / "runs", three, 0),
        }
        for how, folder in folders.items():
            run = folder.read()
            accuracies = [f"{run.example_scores(split).mean():.3f}" for split in SPLITS]
            rows.append([f"{title}, {how}", *accuracies, str(run.record.best_epoch)])
    return table(["seed 0", *SPLITS, "epoch kept"], rows)
