"""The words for the two questions that an interval, a test or a verdict can answer."""

from textune.stats.results import Comparison, Question
from textune.stats.seeds import SEEDS_NEEDED

SHORT = {Question.FIXED_MODELS: "fixed models", Question.OVER_SEEDS: "over seeds"}

_ASKED = {
    Question.FIXED_MODELS: (
        "Fixed models: would these trained models rank the same on a new test set?"
    ),
    Question.OVER_SEEDS: (
        "Over seeds: would newly trained models, from other seeds, rank the same?"
    ),
}


def question_answered(comparison: Comparison) -> str:
    """The question that intervals and verdicts answer, from how many seeds and examples."""
    seeds = "1 seed" if comparison.seeds == 1 else f"{comparison.seeds} seeds"
    sentences = [
        _ASKED[comparison.question],
        "Intervals of scores, and verdicts, answer this question, from"
        f" {seeds} and {comparison.examples:,} test examples.",
    ]
    if comparison.question is Question.FIXED_MODELS:
        sentences.append(f"An answer over seeds takes at least {SEEDS_NEEDED} seeds.")
    return " ".join(sentences)


def interval_title(comparison: Comparison, question: Question) -> str:
    """What a column or axis of intervals is called."""
    return f"{SHORT[question]}, {percent(comparison.confidence_level)} interval"


def percent(confidence_level: float) -> str:
    """A confidence level as people write it."""
    return f"{100 * confidence_level:.4g} %"
