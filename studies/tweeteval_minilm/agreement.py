"""textune's figures of the study beside those by `other_means`, one kind of figure at a time."""

from collections.abc import Iterator
from itertools import product
from statistics import fmean, stdev

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from studies.tweeteval_minilm import other_means
from studies.tweeteval_minilm.both_sides import Check, Study, Values
from studies.tweeteval_minilm.other_means import RESAMPLES
from studies.tweeteval_minilm.predicted import Pair
from textune.metrics.catalog import CATALOG, COMPARED
from textune.metrics.scores import label_keys
from textune.report.scores import quality
from textune.stats.results import Interval, Question

# The pair for what takes long; its p are neither near 0 nor near 1.
PAIR = ("full", "lora_all_linear")
ANALYTIC = "covariances over examples, by formula"


def name_of(pair: Pair) -> str:
    """As tables write it."""
    return " − ".join(pair)


def checks(study: Study) -> Iterator[Check]:
    """All of them, the quick ones first."""
    yield from mean_scores(study)
    yield from spreads(study)
    yield from scores_over_seeds(study)
    yield from differences_over_seeds(study)
    yield from corrections(study)
    yield sure(study)
    yield from fixed_models_p(study)
    yield from fixed_models_intervals(study)
    yield from other_intervals(study)


def mean_scores(study: Study) -> Iterator[Check]:
    """Means over seeds."""
    ours = quality(study.runs, "test")
    theirs = {name: other_means.scores(study.predicted, name) for name in study.methods}
    means = {
        "accuracy": "sklearn.metrics.accuracy_score",
        "macro_recall": "sklearn.metrics.balanced_accuracy_score",
        "macro_f1": "sklearn.metrics.f1_score",
        "log_loss": "sklearn.metrics.log_loss",
        "calibration_error": "numpy.digitize, bin by bin",
    }
    for metric, how in means.items():
        values = {name: (ours[name][metric], fmean(theirs[name][metric])) for name in theirs}
        yield Check(CATALOG[metric].title, how, values)


def spreads(study: Study) -> Iterator[Check]:
    """Standard deviations of the methods' scores."""
    of_seeds: Values = {}
    of_test: Values = {}
    for method, metric in product(study.methods, COMPARED):
        ours = study.comparison.method(method).scores[metric]
        parts, name = study.predicted.contributions(method, metric), f"{method}, {metric}"
        of_seeds[name] = (ours.seed_sd or 0.0, stdev(parts.mean(axis=1).tolist()))
        of_test[name] = (ours.test_sd, float(stats.sem(parts.mean(axis=0))))
    yield Check("seed sd of a score", "statistics.stdev", of_seeds)
    yield Check("test sd of a score", ANALYTIC, of_test)


def scores_over_seeds(study: Study) -> Iterator[Check]:
    """Intervals."""
    values: Values = {}
    for method, metric in product(study.methods, COMPARED):
        ours = study.comparison.method(method).scores[metric].answer(Question.OVER_SEEDS)
        theirs = other_means.over_seeds([study.predicted.contributions(method, metric)], [1])
        values |= _ends(f"{method}, {metric}", _bounds(ours), theirs.interval())
    yield Check("interval of a score, over seeds", f"{ANALYTIC}; scipy.stats.t", values)


def differences_over_seeds(study: Study) -> Iterator[Check]:
    """Errors, intervals, p and the smallest detectable difference."""
    errors: Values = {}
    df: Values = {}
    intervals: Values = {}
    pvalues: Values = {}
    powers: Values = {}
    smallest_p = (1 - study.settings.confidence_level) / len(study.pairs)
    for metric in COMPARED:
        for pair, difference in study.differences(metric).items():
            name, theirs = f"{name_of(pair)}, {metric}", study.estimate(pair, metric)
            ours = difference.answer(Question.OVER_SEEDS)
            error, freedom = study.errors_and_df[pair, metric]
            errors[name] = (error, other_means.anova_error(*study.contributions(pair, metric)))
            df[name] = (freedom, theirs.df)
            intervals |= _ends(name, _bounds(ours), theirs.interval())
            pvalues[name] = (ours.p, theirs.pvalue())
            found = other_means.power(ours.smallest_detectable or 0.0, theirs, smallest_p)
            powers[name] = (0.8, found)
    t = f"{ANALYTIC}; scipy.stats.t"
    yield Check("standard error of a difference", "mean squares of an analysis of variance", errors)
    yield Check("degrees of freedom of a difference", ANALYTIC, df)
    yield Check("interval of a difference, over seeds", t, intervals)
    yield Check("p of a difference, over seeds", t, pvalues)
    yield Check("power at the smallest detectable", "statsmodels.stats.power", powers)


def corrections(study: Study) -> Iterator[Check]:
    """Holm's, of all metrics and both questions."""
    values: Values = {}
    for metric in COMPARED:
        for question in Question:
            tests = [one.answer(question) for one in study.differences(metric).values()]
            corrected = multipletests([test.p for test in tests], method="holm")[1]
            for pair, test, p in zip(study.pairs, tests, corrected, strict=True):
                name = f"{name_of(pair)}, {metric}, {question}"
                values[name] = (test.p_holm, float(p))
    yield Check("p after Holm's correction", "statsmodels.stats.multitest", values)


def sure(study: Study) -> Check:
    """How sure it is that a method is good enough."""
    margin = study.settings.noninferiority_margin
    values = {
        candidate.name: (
            candidate.sure,
            min(
                study.estimate((candidate.name, other), study.settings.metric).sure(margin)
                for other in study.methods
                if other != candidate.name
            ),
        )
        for candidate in study.comparison.recommendation.candidates
    }
    return Check("sureness of the recommendation", f"{ANALYTIC}; scipy.stats.t, the least", values)


def fixed_models_p(study: Study) -> Iterator[Check]:
    """Of accuracy by counting all exchanges; of the other metrics by scipy's permutations."""
    by_seed: Values = {}
    of_mean: Values = {}
    for pair, difference in study.differences("accuracy").items():
        first, second = (study.predicted.right(name) for name in pair)
        for number, (seed, ours) in enumerate(difference.fixed_models.p_by_seed.items()):
            theirs = other_means.mcnemar(first[number], second[number])
            by_seed[f"{name_of(pair)}, seed {seed}"] = (ours, theirs)
        exact = other_means.exact_pvalue(study.predicted.gain(pair), len(first))
        # A test by drawing gives none below.
        least = 1 / (1 + study.settings.resamples)
        of_mean[name_of(pair)] = (difference.fixed_models.p, max(exact, least))
    yield Check("p of one seed's models, accuracy", "scipy.stats.binomtest", by_seed)
    yield Check("p of fixed models, accuracy", "all exchanges, counted by convolution", of_mean)
    labels = study.predicted.labels
    shares = study.predicted.gain(PAIR) / np.bincount(labels)[labels] / 3
    theirs = other_means.permutation_pvalue(shares, RESAMPLES)
    values = {name_of(PAIR): (study.differences("macro_recall")[PAIR].fixed_models.p, theirs)}
    yield Check("p of fixed models, macro recall", "scipy.stats.permutation_test", values)


def fixed_models_intervals(study: Study) -> Iterator[Check]:
    """Percentile intervals."""
    predicted, how = study.predicted, "scipy.stats.bootstrap"
    of_scores: Values = {}
    for name in study.methods:
        ours = study.comparison.method(name).scores["accuracy"].fixed_models
        theirs = other_means.bootstrap([predicted.right(name).mean(axis=0)], np.mean, RESAMPLES)
        of_scores |= _ends(name, _bounds(ours), theirs)
    yield Check("interval of accuracy, fixed models", how, of_scores)
    of_pairs: Values = {}
    for pair, difference in study.differences("accuracy").items():
        ours = difference.fixed_models
        theirs = other_means.bootstrap([predicted.gain(pair)], np.mean, RESAMPLES)
        of_pairs |= _ends(name_of(pair), _bounds(ours), theirs)
    yield Check("interval of a difference in accuracy, fixed models", how, of_pairs)
    theirs = other_means.bootstrap(
        [predicted.gain(PAIR), predicted.labels], other_means.macro_recall_of_gains, RESAMPLES
    )
    recall = _ends(
        name_of(PAIR), _bounds(study.differences("macro_recall")[PAIR].fixed_models), theirs
    )
    yield Check("interval of a difference in macro recall, fixed models", how, recall)
    classes = [one for name in PAIR for one in predicted.classes(name).astype(np.int8)]
    theirs = other_means.bootstrap([predicted.labels, *classes], other_means.macro_f1, RESAMPLES)
    f1 = _ends(name_of(PAIR), _bounds(study.differences("macro_f1")[PAIR].fixed_models), theirs)
    yield Check("interval of a difference in macro F1, fixed models", how, f1)


def other_intervals(study: Study) -> Iterator[Check]:
    """Of log loss and of recall by class, fixed models."""
    predicted, labels = study.predicted, study.predicted.labels
    log_loss: Values = {}
    recall: Values = {}
    for name in study.methods:
        right = predicted.probabilities[name][:, np.arange(len(labels)), labels]
        losses = -np.log(right.astype(np.float64)).mean(axis=0)
        ours = study.other_scores[name, "log_loss"].fixed_models
        log_loss |= _ends(name, _bounds(ours), other_means.bootstrap([losses], np.mean, RESAMPLES))
        for number, key in enumerate(label_keys(study.runs.label_names)):
            ours = study.other_scores[name, f"recall_{key}"].fixed_models
            theirs = other_means.mean_interval(predicted.right(name).mean(axis=0)[labels == number])
            recall |= _ends(f"{name}, {key}", _bounds(ours), theirs)
    yield Check("interval of log loss, fixed models", "scipy.stats.bootstrap", log_loss)
    yield Check("interval of recall by class, fixed models", "normal approximation", recall)


def _bounds(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def _ends(name: str, ours: tuple[float, float], theirs: tuple[float, float]) -> Values:
    """Both ends of an interval, as values of a check."""
    ends = zip(("low", "high"), zip(ours, theirs, strict=True), strict=True)
    return {f"{name}, {end}": values for end, values in ends}
