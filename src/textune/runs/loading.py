"""The runs that are compared, read from disk."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from textune.config.base import UNTRAINED
from textune.config.sections import Decision
from textune.errors import UserError
from textune.runs.store import SPLITS, Run, RunFolder, RunSet


def split_skipped(
    models: Path, methods: Sequence[str], seeds: Sequence[int], by_default: bool
) -> tuple[dict[str, Path], dict[str, str]]:
    """By method the folder of its runs, and, of those that did not run, the reason.

    by_default: whether some may be missing. Raises `UserError` if they may not.
    """
    reasons: dict[str, str] = {}
    for name in methods:
        run = RunFolder.of(models, name, seeds[0])
        if not by_default:
            run.require_run()
        if reason := run.why_skipped():
            reasons[name] = reason
    return {name: models for name in methods if name not in reasons}, reasons


def load_runs(
    folders: Mapping[str, Path],
    seeds: Sequence[int],
    titles: Mapping[str, str],
    decision: Decision = "most_probable",
) -> RunSet:
    """The runs of the methods that `folders` names, in its order, one a seed in the order of seeds.

    folders: by method the folder that has <name>/<seed>. Nothing else there is read. The first
    method that kept its predictions from before training gives `untrained`.
    Raises `UserError` if a run is missing or incomplete, or if two runs predict different examples
    or started from different models.
    """
    runs: dict[str, list[Run]] = {}
    for name, folder in folders.items():
        of_method = [RunFolder.of(folder, name, seed) for seed in seeds]
        runs[name] = [run.read() for run in of_method]
        if UNTRAINED not in runs and all(run.has_untrained for run in of_method):
            runs = {UNTRAINED: [run.read_untrained() for run in of_method], **runs}
    _check_comparable([run for of_method in runs.values() for run in of_method])
    decided = {name: [run.decided(decision) for run in runs[name]] for name in runs}
    return RunSet(decided, list(seeds), dict(titles), decision)


def _check_comparable(runs: Sequence[Run]) -> None:
    """One start for all, and, as paired statistics need, the same examples in the same order."""
    # A learner without an encoder starts from no model.
    models = [(run, run.record.params["model"]) for run in runs if "model" in run.record.params]
    for run, model in models[1:]:
        if model != models[0][1]:
            raise UserError(
                f"{models[0][0].folder.path} and {run.folder.path} started from different models"
                f" ({models[0][1]} and {model}): run `dvc repro`, or take a method that"
                " params.yaml's model lacks out of methods"
            )
    first = runs[0]
    for run in runs[1:]:
        for split in SPLITS:
            ours, theirs = first.predictions[split], run.predictions[split]
            if (
                ours.row_ids != theirs.row_ids
                or ours.groups != theirs.groups
                or ours.labels.tolist() != theirs.labels.tolist()
                or first.record.label_names != run.record.label_names
            ):
                raise UserError(
                    f"{first.folder.path} and {run.folder.path} predict different {split} examples,"
                    " so they were trained on different data/prepared: run `dvc repro`"
                )
