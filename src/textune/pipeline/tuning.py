"""The search for a method's recipe, on validation: learning rate (or what else is tunable) and
epochs.

Short trainings find where the learning rate lies, then successive halving (Jamieson & Talwalkar
2016, "Non-stochastic best arm identification and hyperparameter optimization") over ever longer
ones: the best two go on to a training three times as long, the best of these to one three times
longer again. Every training has a schedule of its own that ends at a rate of 0, because one that is
cut off at its middle says little of a short one. The longer ones are left out as soon as one does
not pay. So every method has the same number of trials and of epochs at most.

Optuna's Gaussian process proposes the short trials, and its storage keeps all trials, so that a
search that was ended goes on where it was. Each proposal depends on the trials before it alone.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.trial import TrialState
from sqlalchemy.exc import SQLAlchemyError

from textune.data.tokenized import Prepared
from textune.params import Params
from textune.pipeline.given import digest_for, model_of
from textune.pipeline.recipes import given_recipe
from textune.pipeline.trial_storage import explained, storage
from textune.pipeline.trial_training import Here, Trainings, learner_of
from textune.runs.tuning import Trial, Tuning

# A shorter training says nothing of a learning rate.
_FIRST_STEPS = 100
_TIMES_LONGER = 3
_GO_ON = 2
# A longer training is worth its cost if it lowers the loss at least to this share.
_WORTH = 0.995
# Where the first three short trials are, on the log scale of the range.
_FIRST_TRIALS = (1 / 2, 1 / 6, 5 / 6)
_VALUE_DIGITS = 2
_RECORD = "record"


@dataclass(frozen=True)
class Search:
    """A method's search: what it searches on what, and where its trials are kept."""

    params: Params
    name: str
    data: Prepared
    tuned: Sequence[str]
    storage: Path
    trainings: Trainings

    @property
    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """What is searched on a log scale, from where to where."""
        tunable = self.params.method(self.name).tunable
        return {key: tunable[key] for key in self.tuned if key in tunable}

    def study(self, epochs: int) -> optuna.Study:
        """The trials of one length. Raises `UserError` if the file of the trials is damaged."""
        try:
            return optuna.create_study(
                study_name=str(epochs), storage=f"sqlite:///{self.storage}", load_if_exists=True
            )
        except SQLAlchemyError as error:
            raise explained(self.storage, error) from None


def tune(
    params: Params,
    name: str,
    data: Prepared,
    tell: Callable[[Trial], None] = lambda trial: None,
    trainings: Trainings | None = None,
) -> Tuning:
    """The recipe of a method that has something to tune.

    data: without test; tell: called with each trial, also those of an earlier, ended search;
    trainings: what makes them; without, they are made here.
    """
    method, recipe = params.method(name), given_recipe(params, name)
    tuned = method.to_tune(params.tune.all)
    trials: list[Trial] = []
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    trainings = trainings or Here(params, name, data)
    search = Search(params, name, data, tuned, storage(params, name, data, tuned), trainings)
    # Another experiment may be making the same search: then its trials are taken.
    with FileLock(f"{search.storage}.lock"):
        try:
            for trial in _trials(search, _lengths(search, recipe)):
                trials.append(trial)
                tell(trial)
        except SQLAlchemyError as error:
            raise explained(search.storage, error) from None
    best = _best(trials if "epochs" in tuned else _of_length(trials, trials[-1].epochs))
    recipe |= {key: best.values[key] for key in method.tunable if key in tuned}
    if "epochs" in tuned:
        recipe["epochs"] = best.epochs
    for trial in trials:
        # The training of the best is that of a train stage, if `tune.seed` is one of train.seeds.
        if trial != best:
            learner_of(params, name, data, trial.epochs, trial.values).forget()
    return Tuning(
        recipe=recipe,
        tuned=tuned,
        data_sha256=digest_for(params, name, data),
        model=model_of(params, name),
        trials=trials,
    )


def _best(trials: Sequence[Trial]) -> Trial:
    """The best of the shortest trials that longer ones are not worth more than."""
    lengths = sorted({trial.epochs for trial in trials})
    chosen = _of_length(trials, lengths[0])
    for epochs in lengths[1:]:
        longer = _of_length(trials, epochs)
        chosen = longer if _worth(longer, chosen) else chosen
    return min(chosen, key=_loss)


def _worth(longer: Sequence[Trial], shorter: Sequence[Trial]) -> bool:
    return min(map(_loss, longer)) < _WORTH * min(map(_loss, shorter))


def _of_length(trials: Sequence[Trial], epochs: int) -> list[Trial]:
    return [trial for trial in trials if trial.epochs == epochs]


def _loss(trial: Trial) -> float:
    return trial.calibrated_loss


def _lengths(search: Search, recipe: dict[str, Any]) -> list[int]:
    """Epochs of the short trials, then of ever longer ones, up to the longest."""
    train, data = search.params.train, search.data.train
    # Batches of features have no tokens.
    method = search.params.method(search.name)
    tokens = train.batch_tokens if getattr(method, "trains_encoder", False) else None
    batches = len(data) / train.batch_size if tokens is None else data.lengths.sum() / tokens
    first = math.ceil(_FIRST_STEPS / math.ceil(batches))
    if "epochs" not in search.tuned:
        # A method without epochs learns at once.
        given = recipe.get("epochs", 1)
        return sorted({min(first, given), given})
    lengths = [min(first, search.params.tune.max_epochs)]
    while lengths[-1] < search.params.tune.max_epochs:
        lengths.append(min(_TIMES_LONGER * lengths[-1], search.params.tune.max_epochs))
    return lengths


def _trials(search: Search, lengths: Sequence[int]) -> Iterator[Trial]:
    """The short trials, then the longer ones, as long as they pay."""
    ranges = search.ranges
    number_of_short = search.params.tune.trials if ranges else 1
    before = []
    done = len(_made(search.study(lengths[0])))
    first = [_rounded(values) for values in _first_values(search)]
    search.trainings.ahead(lengths[0], first[done:number_of_short])
    for number in range(number_of_short):
        before.append(make_trial(search, lengths[0], number))
        yield before[-1]
    go_on = _GO_ON
    for epochs in lengths[1:]:
        best_before = sorted(before, key=_loss)
        # Two proposals may be the same after rounding.
        chosen = list({str(trial.values): trial.values for trial in best_before}.values())[:go_on]
        longer = []
        search.trainings.ahead(epochs, chosen[len(_made(search.study(epochs))) :])
        for number, values in enumerate(chosen):
            longer.append(make_trial(search, epochs, number, values))
            yield longer[-1]
        if not _worth(longer, before):
            return
        before, go_on = longer, 1


def make_trial(
    search: Search, epochs: int, number: int, values: dict[str, float] | None = None
) -> Trial:
    """The trial of that number and length, made now or in an earlier, ended search.

    values: those of a shorter trial; without, they are proposed.
    """
    study = search.study(epochs)
    done = _made(study)
    if number < len(done):
        return Trial.model_validate(done[number].user_attrs[_RECORD])
    # A trial that was ended in its middle would shift what is proposed.
    for ended in study.get_trials(states=(TrialState.RUNNING, TrialState.WAITING)):
        study.tell(ended.number, state=TrialState.FAIL)
    # A new sampler each time: what it proposes depends on the trials alone.
    study.sampler = optuna.samplers.GPSampler(
        seed=search.params.tune.seed + number, n_startup_trials=len(_FIRST_TRIALS)
    )
    if values is not None:
        study.enqueue_trial(values)
    elif number < len(_FIRST_TRIALS):
        study.enqueue_trial(_first_values(search)[number])
    proposed = study.ask()
    suggested = {
        key: proposed.suggest_float(key, low, high, log=True)
        for key, (low, high) in search.ranges.items()
    }
    trial = search.trainings.trial(epochs, _rounded(suggested))
    proposed.set_user_attr(_RECORD, trial.model_dump())
    study.tell(proposed, trial.calibrated_loss)
    return trial


def _made(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=(TrialState.COMPLETE,))


def _first_values(search: Search) -> list[dict[str, float]]:
    """Of the short trials that are proposed by nobody."""
    return [
        {key: low * (high / low) ** share for key, (low, high) in search.ranges.items()}
        for share in _FIRST_TRIALS
    ]


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {key: float(f"{value:.{_VALUE_DIGITS}g}") for key, value in values.items()}
