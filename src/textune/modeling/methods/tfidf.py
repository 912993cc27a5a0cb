"""A linear model over words and characters, without an encoder: the floor of every comparison.

Fine-tuning does not always beat it (Lin et al. 2023, "Linear classifier: an often-forgotten
baseline for text classification").
"""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from textune.config.base import Auto
from textune.errors import UserError
from textune.modeling.linear_model import LinearModel
from textune.modeling.methods.base import OneStepMethod, OneStepModel

if TYPE_CHECKING:
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer

    from textune.config.sections import ModelParams, TrainParams
    from textune.data.tokenized import PreparedSplit

_WEIGHTS, _TERMS = "linear.safetensors", "terms.json"
# Fitting holds about 25 times as many numbers: 2 GB. Of more n-grams the most frequent are taken.
_MOST_WEIGHTS = 10_000_000


class Tfidf(OneStepMethod):
    """Logistic regression over n-grams of words and of characters within words, weighted by tf-idf.

    It reads whole texts. word_ngrams, char_ngrams: n is 1, or 2 for characters, to so many.
    min_examples: rarer n-grams are left out. c: inverse strength of the penalty on large weights,
    as scikit-learn has it.
    """

    word_ngrams: int = Field(ge=1, le=5)
    char_ngrams: int = Field(ge=2, le=10)
    min_examples: int = Field(ge=1)
    c: Annotated[float, Field(gt=0)] | Auto = Field(description="a number above 0, or auto")

    uses_encoder: ClassVar[bool] = False
    tunable: ClassVar[Mapping[str, tuple[float, float]]] = {"c": (0.03, 300)}

    def model(self, classes: int, encoder: "ModelParams | None", device: str) -> OneStepModel:
        return TermModel(self, classes)


class TermModel(OneStepModel):
    """A weight for each n-gram and class. No seed changes what it learns."""

    def __init__(self, method: Tfidf, classes: int) -> None:
        self._method = method
        least, most = method.min_examples, _MOST_WEIGHTS // classes // 2
        self._vectorizers = {
            "words": _vectorizer("word", (1, method.word_ngrams), least, most),
            "characters": _vectorizer("char_wb", (2, method.char_ngrams), least, most),
        }
        self._linear = LinearModel(classes)

    def learn(self, train: "PreparedSplit", params: "TrainParams", seed: int) -> float:
        features = self._features_of(train.texts())
        balanced = params.class_weight == "balanced"
        return self._linear.fit(features, train.labels, float(self._method.c), balanced)

    def outputs(self, texts: list[str]) -> NDArray[np.floating]:
        if not self._linear.weights.size:
            return np.tile(self._linear.biases, (len(texts), 1))
        parts = [one.transform(texts) for one in self._vectorizers.values()]
        return self._linear.outputs(_beside(parts))

    def parameters(self) -> int:
        return self._linear.size

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        terms = {
            name: [str(term) for term in one.get_feature_names_out()]
            for name, one in self._vectorizers.items()
        }
        (folder / _TERMS).write_text(json.dumps(terms, ensure_ascii=False), encoding="utf-8")
        idf = {name: one.idf_ for name, one in self._vectorizers.items()}
        save_file({**self._linear.tensors(), **idf}, folder / _WEIGHTS)

    def load(self, folder: Path) -> None:
        from safetensors.numpy import load_file

        terms = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
        saved = load_file(folder / _WEIGHTS)
        self._linear.take(saved)
        self._vectorizers = {name: self._vectorizers[name] for name in terms}
        for name, one in self._vectorizers.items():
            one.vocabulary = terms[name]
            one.idf_ = saved[name]

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
                f"min_examples is {self._method.min_examples}, and no n-gram of train is in so many"
                " texts"
            )
        self._vectorizers = {name: self._vectorizers[name] for name in parts}
        return _beside(list(parts.values()))


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
