"""Stages `tune_<name>`: one method's recipe, as params.yaml has it or searched on validation.

Usage: python src/tune.py NAME, where NAME is the method's section in params.yaml. With RAY_ADDRESS
the trainings of a search run on that cluster.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textune.errors import UserError, run

if TYPE_CHECKING:
    from textune.data.tokenized import Prepared
    from textune.params import Params
    from textune.pipeline.trial_training import Trainings


def main() -> None:
    from textune.params import read_params

    params = read_params()
    match sys.argv[1:]:
        case [name]:
            pass
        case arguments:
            raise UserError(f"usage: python src/tune.py NAME; was {' '.join(arguments)!r}")

    from textune.modeling.methods.base import UnsupportedError
    from textune.pipeline.choosing import runs
    from textune.pipeline.paths import METRICS, PREPARED
    from textune.runs.skipped import NOT_NAMED
    from textune.runs.tuning import Trial, write_tuning, write_untuned

    if not runs(name):
        write_untuned(name, NOT_NAMED, METRICS)
        return
    method = params.method(name)

    from textune.data.tokenized import read_prepared

    def tell(trial: Trial) -> None:
        values = ", ".join(f"{key} {value:g}" for key, value in trial.values.items())
        print(
            f"{name}: {values}, {trial.epochs} epochs: log loss {trial.calibrated_loss:.4f},"
            f" accuracy {trial.accuracy:.4f}",
            flush=True,
        )

    data = read_prepared(PREPARED, with_test=False)
    if method.to_tune(params.tune.all):
        from textune.pipeline.tuning import tune

        try:
            with _trainings(params, name, data) as trainings:
                tuning = tune(params, name, data, tell, trainings)
        except UnsupportedError as error:
            if not params.methods_by_default:
                raise
            write_untuned(name, str(error), METRICS)
            return
        if "epochs" in tuning.tuned and tuning.recipe["epochs"] == params.tune.max_epochs:
            print(
                f"{name}: the longest training was the best; tune.max_epochs allows no longer one"
            )
    else:
        from textune.pipeline.given import as_given, digest_for

        tuning = as_given(params, name, digest_for(params, name, data))
    write_tuning(name, tuning, method.model_dump(), METRICS)


@contextlib.contextmanager
def _trainings(params: "Params", name: str, data: "Prepared") -> "Iterator[Trainings | None]":
    """Those of the Ray cluster that is named, if one is."""
    if not os.environ.get("RAY_ADDRESS"):
        yield None
        return

    from textune.scaling.trainings import OnRay

    with OnRay(params, name, data) as trainings:
        yield trainings


if __name__ == "__main__":
    run(main)
