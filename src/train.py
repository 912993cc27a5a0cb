"""Stages `train_<name>`: train one method from one seed; the model and its predictions out.

Usage: python src/train.py NAME SEED [SEED ...], where NAME is the method's section in params.yaml.
DVC writes NAME --seed SEED. Several seeds train together over one frozen encoder. torchrun or
`accelerate launch` may start it in several processes.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textune.errors import UserError, run

if TYPE_CHECKING:
    from textune.data.tokenized import Prepared
    from textune.modeling.learner import Learner
    from textune.params import Params
    from textune.runs.predictions import Predictions
    from textune.runs.store import RunFolder, Split


def main() -> None:
    from textune.params import read_params

    params = read_params()
    name, *words = [one for one in sys.argv[1:] if one != "--seed"] or [""]
    seeds = [int(word) for word in words if word.isdecimal()]
    if not seeds or len({*seeds}) < len(words):
        raise UserError(
            f"usage: python src/train.py NAME SEED [SEED ...]; was {' '.join(sys.argv[1:])!r}"
        )

    # Told before its recipe is missed.
    params.section(name)

    from textune.io import read_json
    from textune.pipeline.paths import METRICS, MODELS
    from textune.runs.skipped import reason_in
    from textune.runs.store import RunFolder
    from textune.runs.tuning import section_path

    folders = [RunFolder.of(MODELS, name, seed) for seed in seeds]
    recipe = read_json(section_path(name, METRICS))
    if reason := reason_in(recipe):
        for folder in folders:
            folder.write_skipped(reason)
        return

    from textune.data.tokenized import read_prepared
    from textune.modeling.methods.base import UnsupportedError
    from textune.pipeline.learners import make_learner
    from textune.pipeline.paths import PREPARED
    from textune.pipeline.recipes import with_recipe
    from textune.training.processes import rank

    params = with_recipe(params, name, recipe)
    data = read_prepared(PREPARED)
    learners = [
        make_learner(params, name, data, seed, folder.live, resumes=True, together=len(seeds))
        for seed, folder in zip(seeds, folders, strict=True)
    ]
    try:
        trained = _trained(learners, params.method(name).keeps_untrained)
    except UnsupportedError as error:
        if not params.methods_by_default:
            raise
        for folder in folders:
            folder.write_skipped(str(error))
        return
    if rank() > 0:
        return
    for learner, folder, one in zip(learners, folders, trained, strict=True):
        _write(folder, learner, one, params, name, data)
        learner.forget()


@dataclass(frozen=True)
class _Trained:
    """What becomes of a learner: predictions before and after training, and the epochs between."""

    untrained: "Mapping[Split, Predictions]"
    epochs: list[dict[str, float]]
    predictions: "Mapping[Split, Predictions]"


def _trained(learners: "Sequence[Learner]", keeps_untrained: bool) -> list[_Trained]:
    """Train them all; several over one encoder. Raises `UserError` if they have none to share."""
    from textune.runs.store import SPLITS
    from textune.training.processes import ending_together

    several = len(learners) > 1
    if several:
        from textune.scaling.together import fit_together, require_sharing

        require_sharing(learners)
    with ending_together():
        untrained = []
        for learner in learners:
            learner.start()
            splits = SPLITS if keeps_untrained else ()
            untrained.append({split: learner.predict(split) for split in splits})
        epochs = fit_together(learners) if several else [learners[0].fit()]
        predicted = [{split: one.predict(split) for split in SPLITS} for one in learners]
    return [_Trained(*each) for each in zip(untrained, epochs, predicted, strict=True)]


def _write(
    folder: "RunFolder",
    learner: "Learner",
    trained: _Trained,
    params: "Params",
    name: str,
    data: "Prepared",
) -> None:
    from textune.metrics.calibration import fit_temperature
    from textune.metrics.doubts import doubts
    from textune.runs.record import RunRecord, installed_versions

    method = params.method(name)
    for split, predicted in trained.untrained.items():
        folder.write_predictions(split, predicted, untrained=True)
    for split, predicted in trained.predictions.items():
        folder.write_predictions(split, predicted)
    folder.write_weights(learner.save)
    validation = trained.predictions["validation"]
    folder.write_record(
        RunRecord(
            name=name,
            method=method.method,
            task=params.task.name,
            seed=int(folder.path.name),
            label_names=data.label_names,
            best_epoch=learner.best_epoch,
            cost=learner.cost(),
            saved_bytes=sum(file.stat().st_size for file in folder.weights.iterdir()),
            params={**learner.settings(), "method": method.model_dump()},
            data=data.summary(),
            temperature=fit_temperature(validation.labels, validation.probabilities),
            versions=installed_versions(),
            doubts=doubts(trained.epochs, learner.best_epoch, data.validation.labels),
        )
    )


if __name__ == "__main__":
    run(main)
