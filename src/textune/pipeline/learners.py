"""The learner of a method in params.yaml."""

from dataclasses import replace
from pathlib import Path

from textune.data.tokenized import Prepared
from textune.errors import UserError
from textune.modeling.learner import Job, Learner
from textune.modeling.methods.base import EncoderMethod, OwnLearner
from textune.params import Params


def make_learner(
    params: Params, name: str, data: Prepared, seed: int, live: Path | None = None
) -> Learner:
    """What learns as the section `name` says. Raises `UserError` if there is no such section.

    With `train.resample` it learns from the draw of train that the seed gives, the same for every
    method. Raises `UserError` if there is no such draw.
    """
    method = params.method(name)
    if params.train.resample:
        data = replace(data, train=data.train.resampled(seed))
    job = Job(name, params.task, params.model, params.training(name), data, seed, live)
    if isinstance(method, EncoderMethod):
        from textune.training.learner import EncoderLearner
        from textune.training.quiet import quieten

        quieten()
        return EncoderLearner(method, job)
    if isinstance(method, OwnLearner):
        return method.learner(job)
    raise UserError(f"{name}.method is {method.method!r}, which has no learner")
