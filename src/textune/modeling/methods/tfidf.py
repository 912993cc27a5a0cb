"""A linear model over words and characters, without an encoder: the floor of every comparison.

Fine-tuning does not always beat it (Lin et al. 2023, "Linear classifier: an often-forgotten
baseline for text classification").
"""

import contextlib
import json
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from textune.config.base import Auto
from textune.errors import UserError
from textune.metrics.calibration import calibrated_loss
from textune.metrics.catalog import OF_EPOCHS
from textune.modeling.learner import Job, Learner
from textune.modeling.methods.base import OwnLearner
from textune.runs.predictions import Predictions
from textune.runs.record import Cost
from textune.runs.store import Split

if TYPE_CHECKING:
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer

_WEIGHTS, _TERMS = "linear.safetensors", "terms.json"
# What a class that train lacks puts out.
_LOWEST = -50.0
_MOST_STEPS = 1000
# Fitting holds about 25 times as many numbers: 2 GB. Of more n-grams the most frequent are taken.
_MOST_WEIGHTS = 10_000_000


class Tfidf(OwnLearner):
    """Logistic regression over n-grams of words and of characters within words, weighted by tf-idf.

    It reads whole texts. word_ngrams, char_ngrams: n is 1, or 2 for characters, to so many.
    min_examples: rarer n-grams are left out. c: inverse strength of the penalty on large weights,
    as scikit-learn has it.
    """

    word_ngrams: int = Field(ge=1, le=5)
    char_ngrams: int = Field(ge=2, le=10)
    min_examples: int = Field(ge=1)
    c: Annotated[float, Field(gt=0)] | Auto = Field(description="a number above 0, or auto")

    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"c": (0.03, 300)}

    def learner(self, job: Job) -> Learner:
        return LinearLearner(self, job)


class LinearLearner(Learner):
    """Learns a weight for each n-gram and class, all at once: that is its only epoch.

    Before, it takes all classes for equally probable. No seed changes what it learns.
    """

    def __init__(self, method: Tfidf, job: Job) -> None:
        self._method, self._job = method, job
        classes = len(job.data.label_names)
        least, most = method.min_examples, _MOST_WEIGHTS // classes // 2
        self._vectorizers = {
            "words": _vectorizer("word", (1, method.word_ngrams), least, most),
            "characters": _vectorizer("char_wb", (2, method.char_ngrams), least, most),
        }
        self._weights, self._biases = np.zeros((classes, 0)), np.zeros(classes)
        self._seconds = self._operations = 0.0

    def start(self) -> None:
        """Nothing is needed."""

    def fit(self) -> list[dict[str, float]]:
        before = self._validated(0)
        start = time.perf_counter()
        self._learn()
        self._seconds, self.best_epoch = time.perf_counter() - start, 1
        epochs = [before, self._validated(1)]
        if self._job.live is not None:
            _record(self._job.live, epochs)
        return epochs

    def predict(self, split: Split) -> Predictions:
        examples = getattr(self._job.data, split)
        outputs = np.tile(self._biases, (len(examples), 1))
        if self._weights.size:
            parts = [one.transform(examples.texts()) for one in self._vectorizers.values()]
            outputs = outputs + _beside(parts) @ self._weights.T
        probabilities = self._job.task.activate(outputs).astype(np.float32)
        groups = None if examples.groups is None else examples.groups.tolist()
        return Predictions(examples.row_ids, examples.labels, probabilities, groups)

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        terms = {
            name: [str(term) for term in one.get_feature_names_out()]
            for name, one in self._vectorizers.items()
        }
        (folder / _TERMS).write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
        idf = {name: one.idf_ for name, one in self._vectorizers.items()}
        weights = np.ascontiguousarray(self._weights)
        save_file({"weights": weights, "biases": self._biases, **idf}, folder / _WEIGHTS)

    def load(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        terms = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
        saved = load_file(folder / _WEIGHTS)
        self._weights, self._biases = saved["weights"], saved["biases"]
        self._vectorizers = {name: self._vectorizers[name] for name in terms}
        for name, one in self._vectorizers.items():
            one.vocabulary = terms[name]
            one.idf_ = saved[name]

    def cost(self) -> Cost:
        size, examples = self._weights.size + self._biases.size, len(self._job.data.train)
        return Cost(
            trainable_parameters=size,
            total_parameters=size,
            training_flops=self._operations,
            train_seconds=round(self._seconds, 2),
            examples_per_second=round(examples / self._seconds, 2) if self._seconds else 0.0,
            # Not measured: the rest of the process holds more.
            peak_memory_mib=0.0,
        )

    def settings(self) -> dict[str, Any]:
        train = self._job.train
        return {"train": {"class_weight": train.class_weight, "resample": train.resample}}

    def _learn(self) -> None:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        train = self._job.data.train
        features = self._features_of(train.texts())
        present = np.unique(train.labels)
        if len(present) == 1:
            self._biases = np.full(len(self._biases), _LOWEST)
            self._biases[present] = 0.0
            return
        balanced = self._job.train.class_weight == "balanced"
        model = LogisticRegression(
            C=float(self._method.c),
            class_weight="balanced" if balanced else None,
            max_iter=_MOST_STEPS,
        )
        with warnings.catch_warnings():
            # What more steps would change is in no digit of a score.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(features, train.labels)
        weights, biases = model.coef_, model.intercept_
        # Of each step, a product with the features forward and one backward.
        self._operations = 4.0 * features.nnz * len(weights) * int(model.n_iter_.max())
        if len(model.classes_) == 2:
            # Given is the second class minus the first.
            weights, biases = np.vstack([-weights, weights]) / 2, np.hstack([-biases, biases]) / 2
        self._weights = np.zeros((len(self._biases), features.shape[1]))
        self._biases = np.full(len(self._biases), _LOWEST)
        self._weights[model.classes_], self._biases[model.classes_] = weights, biases

    def _features_of(self, texts: list[str]) -> "sparse.csr_matrix":
        """Those of train, after which each vectorizer that finds any knows its n-grams.

        Raises `UserError` if none does.
        """
        parts = {}
        for name, one in self._vectorizers.items():
            # One that finds none raises: words of a language without blanks are all different.
            with contextlib.suppress(ValueError):
                parts[name] = one.fit_transform(texts)
        if not parts:
            raise UserError(
                f"{self._job.name}.min_examples is {self._method.min_examples}, and no n-gram of"
                " train is in so many texts"
            )
        self._vectorizers = {name: self._vectorizers[name] for name in parts}
        return _beside(list(parts.values()))

    def _validated(self, epoch: int) -> dict[str, float]:
        task, predictions = self._job.task, self.predict("validation")
        labels, probabilities = predictions.labels, predictions.probabilities
        predicted = task.decide(probabilities)
        scores = task.scores(labels, predicted, probabilities, self._job.data.label_names)
        return {
            **scores,
            "loss": scores["log_loss"],
            "calibrated_loss": calibrated_loss(labels, probabilities),
            "epoch": epoch,
        }


def _vectorizer(analyzer: str, ngrams: tuple[int, int], least: int, most: int) -> "TfidfVectorizer":
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=ngrams,
        min_df=least,
        max_features=most,
        sublinear_tf=True,
        dtype=np.float64,
    )


def _beside(parts: "list[sparse.csr_matrix]") -> "sparse.csr_matrix":
    from scipy import sparse

    return sparse.hstack(parts, "csr")


def _record(folder: Path, epochs: list[dict[str, float]]) -> None:
    from dvclive import Live

    live = Live(str(folder), dvcyaml=False, save_dvc_exp=False)
    for epoch in epochs:
        for metric in OF_EPOCHS:
            live.log_metric(f"validation/{metric}", epoch[metric])
        live.next_step()
    live.end()
