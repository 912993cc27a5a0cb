"""A comparison and costs as `evaluate` would write them, made by hand."""

from typing import Any

from textune.metrics.catalog import COMPARED
from textune.stats.results import (
    Candidate,
    Comparison,
    Difference,
    Interval,
    MethodResult,
    Pair,
    Question,
    Recommendation,
    Score,
    Test,
    Verdict,
)

TITLES = {
    "untrained": "untrained head",
    "baseline": "trained head (baseline)",
    "lora": "LoRA",
    "adapter": "adapters",
    "full": "full fine-tuning",
}
ACCURACY = {"untrained": 0.34, "baseline": 0.521, "lora": 0.7004, "adapter": 0.7001, "full": 0.693}
TRAINED = {
    "untrained": 0,
    "baseline": 1_155,
    "lora": 74_883,
    "adapter": 95_000,
    "full": 22_714_371,
}
COSTS = {
    name: {
        "trainable_parameters": trained,
        "total_parameters": 22_714_371,
        "training_flops": trained * 1e6,
        "train_seconds": 4260.0 if trained else 0.0,
        "examples_per_second": 143.2 if trained else 0.0,
        "peak_memory_mib": 812.4 if trained else 0.0,
        "saved_bytes": trained * 4,
    }
    for name, trained in TRAINED.items()
}
OVER_SEEDS, FIXED_MODELS = Question.OVER_SEEDS, Question.FIXED_MODELS


def method(name: str, title: str, accuracy: float, several: bool = True) -> MethodResult:
    interval = Interval(low=accuracy - 0.01, high=accuracy + 0.01)
    score = Score(
        mean=accuracy,
        test_sd=0.005,
        # An interval that no table shows when there are several seeds.
        fixed_models=Interval(low=0.0, high=1.0) if several else interval,
        over_seeds=interval if several else None,
    )
    return MethodResult(name=name, title=title, method=name, scores=dict.fromkeys(COMPARED, score))


def pair(
    first: str, second: str, difference: float, verdict: Verdict, several: bool = True
) -> Pair:
    p_holm = 0.5 if verdict is Verdict.NOT_DISTINGUISHABLE else 0.0004

    def answer(reach: float, smallest: float) -> Test:
        return Test(
            low=difference - reach,
            high=difference + reach,
            p=p_holm / 3,
            p_holm=p_holm,
            smallest_detectable=smallest,
        )

    found = Difference(
        difference=difference,
        fixed_models=answer(0.015, 0.023),
        over_seeds=answer(0.02, 0.041) if several else None,
        verdict=verdict,
        question=OVER_SEEDS if several else FIXED_MODELS,
    )
    return Pair(first=first, second=second, differences=dict.fromkeys(COMPARED, found))


def compared(question: Question = OVER_SEEDS, **changes: Any) -> Comparison:
    """Three pairs of four methods; LoRA is recommended though adapters are the best."""
    several = question is OVER_SEEDS
    values = {
        "confidence_level": 0.9,
        "noninferiority_margin": 0.01,
        "metric": "accuracy",
        "decision": "most_probable",
        "question": question,
        "seeds": 3 if several else 1,
        "examples": 12_284,
        "methods": [method(name, TITLES[name], ACCURACY[name], several) for name in TITLES],
        "pairs": [
            pair("lora", "baseline", 0.179, Verdict.BETTER, several),
            pair("adapter", "lora", -0.0003, Verdict.NOT_DISTINGUISHABLE, several),
            pair("full", "lora", -0.0074, Verdict.NOT_DISTINGUISHABLE, several),
        ],
        "cost": "parameters",
        "enough_of_a_class": 100,
        "small_classes": [],
        "recommendation": advice("lora"),
    }
    return Comparison.model_validate({**values, **changes})


def advice(method: str, settled: bool = True, **needed: Any) -> Recommendation:
    """All but the baseline are in the running; what is good enough begins with `method`."""
    sure = {"baseline": 0.0001, "lora": 0.981, "adapter": 0.8765, "full": 0.9996}
    names = list(sure)
    candidates = [
        Candidate(
            name=name,
            sure=share,
            in_the_running=name != "baseline",
            good_enough=settled and names.index(name) >= names.index(method),
            rival="full",
        )
        for name, share in sure.items()
    ]
    return Recommendation(
        method=method, settled=settled, level=0.05, candidates=candidates, **needed
    )
