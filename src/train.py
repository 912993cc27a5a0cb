"""Stages `train_<name>`: train one method from one seed; the model and its predictions out.

Usage: python src/train.py NAME SEED, where NAME is the method's section in params.yaml. DVC writes
NAME --seed SEED. torchrun or `accelerate launch` may start it in several processes.
"""

import sys

from textune.errors import UserError, run


def main() -> None:
    from textune.params import read_params

    params = read_params()
    match sys.argv[1:]:
        case [name, seed] | [name, "--seed", seed] if seed.isdecimal():
            pass
        case arguments:
            raise UserError(f"usage: python src/train.py NAME SEED; was {' '.join(arguments)!r}")

    # Told before its recipe is missed.
    params.section(name)

    from textune.io import read_json
    from textune.pipeline.paths import METRICS, MODELS
    from textune.runs.skipped import reason_in
    from textune.runs.store import SPLITS, RunFolder, Split
    from textune.runs.tuning import section_path

    folder = RunFolder.of(MODELS, name, int(seed))
    recipe = read_json(section_path(name, METRICS))
    if reason := reason_in(recipe):
        folder.write_skipped(reason)
        return

    from textune.data.tokenized import read_prepared
    from textune.metrics.calibration import fit_temperature
    from textune.metrics.doubts import doubts
    from textune.modeling.learner import Learner
    from textune.modeling.methods.base import UnsupportedError
    from textune.pipeline.learners import make_learner
    from textune.pipeline.paths import PREPARED
    from textune.pipeline.recipes import with_recipe
    from textune.runs.predictions import Predictions
    from textune.runs.record import RunRecord, installed_versions
    from textune.training.processes import rank, together

    params = with_recipe(params, name, recipe)
    method = params.method(name)
    data = read_prepared(PREPARED)

    def predicted_by(learner: Learner) -> dict[Split, Predictions]:
        return {split: learner.predict(split) for split in SPLITS}

    learner = make_learner(params, name, data, int(seed), folder.live, resumes=True)
    try:
        with together():
            learner.start()
            untrained = (
                {split: learner.predict(split) for split in SPLITS}
                if method.keeps_untrained
                else {}
            )
            epochs = learner.fit()
            trained = predicted_by(learner)
    except UnsupportedError as error:
        if not params.methods_by_default:
            raise
        folder.write_skipped(str(error))
        return
    if rank() > 0:
        return
    for split in SPLITS:
        if untrained:
            folder.write_predictions(split, untrained[split], untrained=True)
        folder.write_predictions(split, trained[split])
    folder.write_weights(learner.save)
    validation = trained["validation"]
    folder.write_record(
        RunRecord(
            name=name,
            method=method.method,
            task=params.task.name,
            seed=int(seed),
            label_names=data.label_names,
            best_epoch=learner.best_epoch,
            cost=learner.cost(),
            saved_bytes=sum(file.stat().st_size for file in folder.weights.iterdir()),
            params={**learner.settings(), "method": method.model_dump()},
            data=data.summary(),
            temperature=fit_temperature(validation.labels, validation.probabilities),
            versions=installed_versions(),
            doubts=doubts(epochs, learner.best_epoch, data.validation.labels),
        )
    )
    learner.forget()


if __name__ == "__main__":
    run(main)
