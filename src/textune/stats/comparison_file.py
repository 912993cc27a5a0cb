"""metrics/comparison.json: a comparison as nested maps by name, which DVC shows and compares.

DVC compares by key, so methods, pairs and candidates are keyed by name. Names are also stored
as values, and read from there. `order` has the methods in the declared order. What is None is left
out. DVC passes over lists.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from textune.errors import UserError
from textune.io import read_json, write_json
from textune.metrics.catalog import COMPARED
from textune.metrics.of_classes import key_of
from textune.stats.results import (
    Candidate,
    Comparison,
    Difference,
    MethodResult,
    Pair,
    PairNames,
    Question,
    Recommendation,
    Score,
    Test,
)

# In front of the seed, in the key of the p of one seed's pair of models.
_SEED = "p_seed_"

Json = dict[str, Any]


def write_comparison(path: Path, comparison: Comparison) -> None:
    """Write the file. Raises `UserError` if two pairs of methods would have one key."""
    write_json(path, to_json(comparison))


def read_comparison(path: Path) -> Comparison:
    """Read the file. Raises `UserError` if it is missing, or not one of this version's."""
    content = read_json(path)
    try:
        return from_json(content)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UserError(
            f"{path} is damaged or was written by another version of textune: run `dvc repro`"
        ) from None


def to_json(comparison: Comparison) -> Json:
    """The content of the file. Raises `UserError` if two pairs of methods would have one key."""
    keys = pair_keys([(pair.first, pair.second) for pair in comparison.pairs])
    return {
        **_dump(comparison, "methods", "pairs", "recommendation"),
        "order": [method.name for method in comparison.methods],
        "methods": {
            method.name: {
                **_dump(method, "name", "scores"),
                **{key_of(metric): _dump(score) for metric, score in method.scores.items()},
            }
            for method in comparison.methods
        },
        "pairs": {
            key: {
                **_dump(pair, "differences"),
                **{key_of(metric): _flat(value) for metric, value in pair.differences.items()},
            }
            for key, pair in zip(keys, comparison.pairs, strict=True)
        },
        "recommendation": {
            **_dump(comparison.recommendation, "candidates"),
            "cheapest_first": [c.name for c in comparison.recommendation.candidates],
            "candidates": {
                candidate.name: _dump(candidate, "name")
                for candidate in comparison.recommendation.candidates
            },
        },
    }


def from_json(content: Mapping[str, Any]) -> Comparison:
    """The comparison of `to_json`.

    Raises KeyError, TypeError, ValueError or AttributeError if `content` is something else.
    """
    fields = dict(content)
    order = list(fields.pop("order"))
    metrics = list(dict.fromkeys([*COMPARED, fields["metric"]]))
    pairs = [_pair(pair, fields["question"], metrics) for pair in fields["pairs"].values()]
    # The file is sorted by key, pairs are listed as declared.
    pairs.sort(key=lambda pair: (order.index(pair.second), order.index(pair.first)))
    recommendation = dict(fields["recommendation"])
    by_name = recommendation.pop("candidates")
    candidates = [
        Candidate(name=name, **by_name[name]) for name in recommendation.pop("cheapest_first")
    ]
    changes = {
        "methods": [_method(name, fields["methods"][name], metrics) for name in order],
        "pairs": pairs,
        "recommendation": Recommendation(**recommendation, candidates=candidates),
    }
    return Comparison.model_validate({**fields, **changes})


def pair_keys(pairs: Sequence[PairNames]) -> list[str]:
    """What the file calls each pair. Raises `UserError` if it would call two the same."""
    by_key: dict[str, PairNames] = {}
    for pair in pairs:
        key = f"{pair[0]}_minus_{pair[1]}"
        if key in by_key:
            names = " and ".join(" minus ".join(names) for names in (by_key[key], pair))
            raise UserError(
                f"{names} would both be called {key} in comparison.json: rename one of these"
                " methods"
            )
        by_key[key] = pair
    return list(by_key)


def _dump(
    result: Comparison | MethodResult | Score | Pair | Difference | Recommendation | Candidate,
    *left_out: str,
) -> Json:
    return result.model_dump(mode="json", exclude=set(left_out), exclude_none=True)


def _flat(difference: Difference) -> Json:
    """With p of each seed beside the others; the question is the same for all pairs."""
    content = _dump(difference, "question")
    for question in Question:
        if question in content:
            by_seed = content[question].pop("p_by_seed")
            content[question] |= {f"{_SEED}{seed}": p for seed, p in by_seed.items()}
    return content


def _pair(content: Mapping[str, Any], question: str, metrics: Sequence[str]) -> Pair:
    differences = {metric: _difference(content[key_of(metric)], question) for metric in metrics}
    return Pair(first=content["first"], second=content["second"], differences=differences)


def _difference(content: Mapping[str, Any], question: str) -> Difference:
    tests = {name: _test(content[name]) for name in Question if name in content}
    return Difference.model_validate({**content, **tests, "question": question})


def _test(content: Mapping[str, Any]) -> Test:
    by_seed = {
        int(key.removeprefix(_SEED)): p for key, p in content.items() if key.startswith(_SEED)
    }
    rest = {key: value for key, value in content.items() if not key.startswith(_SEED)}
    return Test.model_validate({**rest, "p_by_seed": by_seed})


def _method(name: str, content: Mapping[str, Any], metrics: Sequence[str]) -> MethodResult:
    scores = {metric: Score.model_validate(content[key_of(metric)]) for metric in metrics}
    return MethodResult(name=name, title=content["title"], method=content["method"], scores=scores)
