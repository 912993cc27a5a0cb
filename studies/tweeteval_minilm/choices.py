"""The tables of docs/study_choices.md, made from the study's files."""

from collections.abc import Mapping

from studies.tweeteval_minilm.results import NONE, STUDY, Results, curve, table
from textune.config.base import UNTRAINED
from textune.io import read_json
from textune.params import assignment
from textune.pipeline.search import AS_GIVEN
from textune.report.advice import recommendation
from textune.report.tables import explanation, methods_table, pairs_table
from textune.report.titles import SHORT
from textune.runs.record import read_record
from textune.runs.store import RunFolder

# By method the run with the rate that was tried on all training examples and not taken.
_OTHER_RATE = {
    "baseline": RunFolder.of(STUDY / "candidates", "baseline_0_3", 0),
    "lora": RunFolder.of(STUDY / "candidates", "lora_0_002", 0),
    "adapter": RunFolder.of(STUDY / "candidates", "adapter_0_004", 0),
    "full": RunFolder.of(STUDY / "by_macro_recall/runs", "full", 0),
}

_Trials = dict[float, dict[str, float]]


def every_pair() -> str:
    """What `textune table --markdown` prints of the study."""
    results = Results.read()
    comparison = results.comparison
    grids = [methods_table(comparison, results.costs), pairs_table(comparison)]
    sentences = [explanation(results.comparison), recommendation(results.comparison)]
    return "\n".join([*(grid.markdown() for grid in grids), *sentences]) + "\n"


def search_rates() -> str:
    """A row a method: each rate with accuracy, macro recall and loss on validation."""
    titles = Results.read().titles
    found = read_json(STUDY / "search/learning_rates.json")
    searched: dict[str, _Trials] = {
        name: {float(rate): scores for rate, scores in found[name]["trials"].items()}
        for name in titles
        if name in found
    }
    searched["lora_all_linear"] = _all_linear_trials()
    rows = []
    for name, trials in searched.items():
        best = max(trials, key=lambda rate: trials[rate]["accuracy"])
        cells = {rate: f"{rate:g}: {_three_scores(scores)}" for rate, scores in trials.items()}
        cells[best] = f"**{cells[best]}**"
        rows.append([titles[name], *(cells[rate] for rate in sorted(cells))])
    return table(["method", "rate: accuracy / macro recall / loss", "", "", ""], rows)


def _all_linear_trials() -> _Trials:
    """By rate; these trials are changes of the parameters that the search started from."""
    found = read_json(STUDY / "search/all_linear.json")
    trials = found["lora"]["trials"]
    changed = {
        rate: trials[assignment("lora.learning_rate", rate)] for rate in (0.00025, 0.0005, 0.002)
    }
    return {**changed, found["setting"]["lora"]["learning_rate"]: trials[AS_GIVEN]}


def rates_on_all_examples() -> str:
    """Validation accuracy and loss by epoch, seed 0, of each method's rates; bold the best."""
    rows = []
    for name, title in Results.read().titles.items():
        if name == UNTRAINED:
            continue
        folders = [RunFolder.of(STUDY / "runs", name, 0)]
        if name in _OTHER_RATE:
            folders.append(_OTHER_RATE[name])
        by_rate = {
            read_record(folder.record).params["method"]["learning_rate"]: folder
            for folder in folders
        }
        best = max(by_rate, key=lambda rate: max(curve(by_rate[rate], "accuracy")))
        for rate, folder in sorted(by_rate.items()):
            epochs = zip(curve(folder, "accuracy"), curve(folder, "loss"), strict=True)
            cells = [f"{accuracy:.3f} / {loss:.3f}" for accuracy, loss in epochs]
            rows.append([title, f"**{rate:g}**" if rate == best else f"{rate:g}", *cells])
    return table(["method", "rate", "epoch 1", "epoch 2", "epoch 3"], rows)


def changes(file: str) -> str:
    """A row a change, a column a method: accuracy, macro recall and loss on validation."""
    found = read_json(STUDY / "search" / file)
    titles = {name: title for name, title in Results.read().titles.items() if name in found}
    trials = {name: found[name]["trials"] for name in titles}
    rows = []
    for change in dict.fromkeys(change for of_method in trials.values() for change in of_method):
        cells = [
            _three_scores(of_method[change]) if change in of_method else NONE
            for of_method in trials.values()
        ]
        rows.append([change if change == AS_GIVEN else f"`{change}`", *cells])
    return table(["", *titles.values()], rows)


def decisions() -> str:
    """Both decisions, on validation, where one is chosen, and on test."""
    folders = {"most probable": STUDY, "balanced": STUDY / "balanced"}
    files = {"validation": "validation.json", "test": "quality.json"}
    scores = {
        f"{split}, {decision}": read_json(folder / file)
        for split, file in files.items()
        for decision, folder in folders.items()
    }
    rows = [
        [
            title,
            *(
                f"{of_all[name]['accuracy']:.3f} / {of_all[name]['macro_recall']:.3f}"
                for of_all in scores.values()
            ),
        ]
        for name, title in Results.read().titles.items()
    ]
    return table(["accuracy / macro recall", *scores], rows)


def targets() -> str:
    """What the study was to reach, and what it reaches on test; means over seeds."""
    results = Results.read()
    recalls = {"lora": "0.715", "adapter": NONE, "full": "0.715"}
    rows = [
        [
            results.titles[name],
            f"{results.mean(name):.3f}",
            "0.70",
            f"{results.mean(name, 'macro_recall'):.3f}",
            recall,
        ]
        for name, recall in recalls.items()
    ]
    return table(["test", "accuracy", "target", "macro recall", "target"], rows)


def class_shares() -> str:
    """The shares of the classes in each split."""
    kept = read_json(STUDY / "data.json")["kept"]
    rows = []
    for split in ("train", "validation", "test"):
        examples, by_label = kept[split]["examples"], kept[split]["by_label"]
        shares = [f"{count / examples:.3f}" for count in by_label.values()]
        rows.append([split, f"{examples:,}", *shares])
    return table(["", "examples", *kept["test"]["by_label"]], rows)


def by_class() -> str:
    """Each class's recall, and accuracy also as test's shares of classes would make it."""
    validation, test = (read_json(STUDY / file) for file in ("validation.json", "quality.json"))
    counts = read_json(STUDY / "data.json")["kept"]["test"]["by_label"]
    rows = []
    for name, title in Results.read().titles.items():
        if name == UNTRAINED:
            continue
        before, after = validation[name], test[name]
        recalls = [f"recall_{label}" for label in counts]
        right = sum(
            before[recall] * count for recall, count in zip(recalls, counts.values(), strict=True)
        )
        accuracies = (before["accuracy"], right / sum(counts.values()), after["accuracy"])
        rows.append(
            [
                title,
                *(f"{before[recall]:.3f} → {after[recall]:.3f}" for recall in recalls),
                *(f"{accuracy:.3f}" for accuracy in accuracies),
            ]
        )
    head = [f"recall of {label}" for label in counts]
    accuracy = ["accuracy on validation", "with test's shares", "accuracy on test"]
    return table(["validation → test", *head, *accuracy], rows)


def first_run() -> str:
    """The run whose epochs were picked by macro recall, beside the one that the page is about."""
    first, final = Results.read("by_macro_recall"), Results.read()
    names = [name for name in first.titles if name != UNTRAINED]
    rows = [
        [
            f"{which}, {SHORT[results.comparison.question]}",
            *(results.score(name) for name in names),
            results.verdict("adapter", "lora"),
        ]
        for which, results in (("first", first), ("final", final))
    ]
    return table(["run", *(first.titles[name] for name in names), "adapters minus LoRA"], rows)


def _three_scores(trial: Mapping[str, float]) -> str:
    return f"{trial['accuracy']:.3f} / {trial['macro_recall']:.3f} / {trial['loss']:.3f}"
