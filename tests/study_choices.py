"""What stands in the blocks of docs/study_choices.md, made from the files of the study."""

from collections.abc import Callable
from functools import partial

from tests.study_files import ALL_LINEAR, METHODS, STUDY, Scores, curve, table, triple
from textune.files import read_json
from textune.results.names import UNTRAINED, row_name


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


def first_run() -> str:
    """The run whose epochs were picked by macro recall, beside the one that the page is about."""
    first, this = Scores("by_macro_recall"), Scores()
    methods = [method for method in first.names if method != UNTRAINED]
    rows = [
        [name, *(scores.of(method) for method in methods), scores.pair("adapter", "lora")]
        for name, scores in (("first", first), ("this", this))
    ]
    head = (first.names[method] for method in methods)
    return table(["run", *head, "adapters minus LoRA"], rows)


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
        cells = {rate: f"{rate:g}: {triple(one)}" for rate, one in sorted(by_rate.items())}
        best = max(by_rate, key=lambda rate: by_rate[rate]["accuracy"])
        rows.append([name, *({**cells, best: f"**{cells[best]}**"}).values()])
    return table(["method", "rate: accuracy / macro recall / loss", "", "", ""], rows)


def candidates() -> str:
    """Validation accuracy and loss by epoch of the rates tried on all training rows, seed 0."""
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


# By the text of its marker.
BLOCKS: dict[str, Callable[[], str]] = {
    "search/learning_rates.json, search/all_linear.json": rates,
    "candidates": candidates,
    "search/changes.json": partial(changes, "changes"),
    "search/changes_4000.json": partial(changes, "changes_4000"),
    "decisions": decisions,
    "by_macro_recall": first_run,
}
