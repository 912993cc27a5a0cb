"""The trainings of a search: one after the other here, or as another engine makes them."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from textune.data.tokenized import Prepared
from textune.errors import DivergedError
from textune.metrics.catalog import DIGITS
from textune.modeling.learner import Learner
from textune.params import Params
from textune.pipeline.learners import make_learner
from textune.pipeline.recipes import given_recipe, with_recipe
from textune.runs.tuning import Trial

_KEPT = ("accuracy", "macro_recall", "macro_f1", "calibrated_loss")


class Trainings(Protocol):
    """What makes the trainings of one search."""

    def ahead(self, epochs: int, values: Sequence[Mapping[str, float]]) -> None:
        """These will be asked for, whatever comes of the others: they may be begun."""

    def trial(self, epochs: int, values: Mapping[str, float]) -> Trial:
        """A training of that length with these values."""


class Here:
    """Trainings in this process, when they are asked for."""

    def __init__(self, params: Params, name: str, data: Prepared) -> None:
        self._of = params, name, data

    def ahead(self, epochs: int, values: Sequence[Mapping[str, float]]) -> None:
        """Nothing is begun."""

    def trial(self, epochs: int, values: Mapping[str, float]) -> Trial:
        return trained(*self._of, epochs, values)


def trained(
    params: Params, name: str, data: Prepared, epochs: int, values: Mapping[str, float]
) -> Trial:
    """The scores of the epoch that training keeps; those of guessing, if it diverges."""
    learner = learner_of(params, name, data, epochs, values)
    learner.start()
    try:
        by_epoch = learner.fit()
    except DivergedError:
        classes = len(data.label_names)
        nothing = dict.fromkeys(("accuracy", "macro_recall", "macro_f1"), 0.0)
        by_epoch = [nothing | {"calibrated_loss": math.log(classes)}]
    # The first is the untrained model's, and all there is if nothing is trained.
    kept = by_epoch[min(learner.best_epoch, len(by_epoch) - 1)]
    return Trial(
        values=dict(values),
        epochs=epochs,
        kept_epoch=learner.best_epoch,
        operations=learner.cost().training_flops,
        **{key: round(kept[key], DIGITS) for key in _KEPT},
    )


def learner_of(
    params: Params, name: str, data: Prepared, epochs: int, values: Mapping[str, float]
) -> Learner:
    """The learner of such a training, which goes on where it was ended."""
    recipe = {**values, "epochs": epochs} if "epochs" in given_recipe(params, name) else values
    params = with_recipe(params, name, dict(recipe))
    return make_learner(params, name, data, params.tune.seed, resumes=True)
