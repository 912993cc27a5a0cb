"""The two sides of a check: the study's figures by textune, and its predictions for other means."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from studies.tweeteval_minilm import other_means
from studies.tweeteval_minilm.other_means import Estimate
from studies.tweeteval_minilm.predicted import Floats, Pair, Predicted, read
from studies.tweeteval_minilm.results import STUDY
from textune.config.sections import ComparedMetric, EvaluateParams
from textune.metrics.catalog import COMPARED
from textune.params import read_params
from textune.runs.loading import load_runs
from textune.runs.store import RunSet
from textune.stats.comparison import compare
from textune.stats.other_scores import other_scores
from textune.stats.resampling import Patterns, bootstrap, scores
from textune.stats.results import Comparison, Difference, Question, Score
from textune.stats.seeds import ResampledScores

Values = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Check:
    """One kind of figure. values: by name of one, textune's and that by other means."""

    figure: str
    means: str
    values: Values

    @property
    def least_alike(self) -> str:
        """The name of the one that differs most."""
        return max(self.values, key=lambda name: abs(self.difference(name)))

    def difference(self, name: str) -> float:
        """textune's minus the other."""
        ours, theirs = self.values[name]
        return ours - theirs

    def row(self) -> dict[str, Any]:
        """The one that differs most, and how many there are."""
        name = self.least_alike
        ours, theirs = self.values[name]
        return {
            "figure": self.figure,
            "how_many": len(self.values),
            "least_alike": name,
            "textune": ours,
            "other": theirs,
            "difference": self.difference(name),
            "means": self.means,
        }


@dataclass(frozen=True)
class Study:
    """The study's runs for textune, and its predictions for the other means."""

    runs: RunSet
    settings: EvaluateParams
    predicted: Predicted

    @classmethod
    def read(cls) -> "Study":
        """The committed predictions, with the parameters that lie beside them."""
        params = read_params(STUDY / "params.yaml")
        folders = dict.fromkeys(params.methods, STUDY / "runs")
        seeds = params.train.seeds
        runs = load_runs(folders, seeds, params.titles, params.evaluate.decision)
        return cls(runs, params.evaluate, read(params.methods, seeds))

    @cached_property
    def comparison(self) -> Comparison:
        """textune's, made now."""
        return compare(self.runs, self.settings)

    @cached_property
    def other_scores(self) -> dict[tuple[str, str], Score]:
        """textune's, by method and metric."""
        found = other_scores(self.runs, self.settings)
        return {(one.method, one.metric): one.score for one in found}

    @property
    def methods(self) -> list[str]:
        """The trained ones, as declared."""
        return self.runs.methods

    @cached_property
    def pairs(self) -> list[Pair]:
        """As textune lists them."""
        return [(pair.first, pair.second) for pair in self.comparison.pairs]

    def differences(self, metric: ComparedMetric) -> dict[Pair, Difference]:
        """textune's."""
        found = zip(self.pairs, self.comparison.pairs, strict=True)
        return {names: pair.differences[metric] for names, pair in found}

    @cached_property
    def errors_and_df(self) -> dict[tuple[Pair, ComparedMetric], tuple[float, float]]:
        """textune's standard errors of the differences over seeds, and degrees of freedom."""
        stacked = np.concatenate([self.predicted.classes(name) for name in self.methods])
        patterns = Patterns.of(self.predicted.labels, stacked, len(self.runs.label_names))
        random = np.random.default_rng(self.settings.seed)
        drawn = bootstrap(patterns, self.settings.resamples, random)
        at = {name: number for number, name in enumerate(self.methods)}
        found = {}
        for metric, *of_models in zip(COMPARED, scores(patterns), drawn, strict=True):
            values, resampled = (
                dict(zip(self.methods, np.split(one, len(self.methods)), strict=True))
                for one in of_models
            )
            means = ResampledScores(values, resampled).means(self.methods, Question.OVER_SEEDS)
            _, errors, df = means.differences()
            for pair in self.pairs:
                where = at[pair[0]], at[pair[1]]
                found[pair, metric] = (float(errors[where]), float(df[where]))
        return found

    def contributions(self, pair: Pair, metric: ComparedMetric) -> list[Floats]:
        """Those of both methods."""
        return [self.predicted.contributions(name, metric) for name in pair]

    def estimate(self, pair: Pair, metric: ComparedMetric) -> Estimate:
        """A difference over seeds, by other means."""
        return other_means.over_seeds(self.contributions(pair, metric), [1, -1])
