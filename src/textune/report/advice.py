"""The recommendation in words: which method to use, how sure that is, and what would settle it."""

from pathlib import Path

from textune.metrics.of_classes import title_of
from textune.report.titles import percent
from textune.runs.tuning import FLAG, not_tuned_here, read_adopted, read_tuning, trials_path
from textune.stats.planning import MOST_SEEDS, MOST_TIMES_THE_EXAMPLES, POWER
from textune.stats.results import Candidate, Comparison, Question

_CHEAPEST_BY = {
    "parameters": "trains the fewest parameters",
    "operations": "takes the fewest operations to train",
    "saved_bytes": "takes the fewest bytes on disk",
}


def recommendation(comparison: Comparison) -> str:
    """The method to use, and why."""
    advice = comparison.recommendation
    title, metric = comparison.method(advice.method).title, title_of(comparison.metric)
    margin = points(comparison.noninferiority_margin)
    over_seeds = comparison.question is Question.OVER_SEEDS
    of_these = "" if over_seeds else "Of these trained models only. "
    if len(advice.candidates) == 1:
        return f"There is one method, {title}, and nothing to choose."
    if advice.withheld:
        return (
            f"No verdict: test has fewer than {comparison.enough_of_a_class} examples of"
            f" {named_classes(comparison)}, so a method whose {metric} is worse by {margin} would"
            " pass too often. Compare by accuracy (evaluate.metric), or take a larger test set or"
            f" margin. The highest probability of being good enough is that of {title}."
        )
    if advice.settled:
        return (
            f"{of_these}Settled: use {title}. Of the methods whose {metric} is surely within"
            f" {margin} of the best, it {_cheapest_by(comparison)}. {_how_sure(comparison)}"
            f"{_cheaper(comparison)}"
        )
    return (
        f"{of_these}Not settled: no method's {metric} is surely within {margin} of the best."
        f" {_how_sure(comparison)} {_what_settles(comparison)}"
    )


def tuned_elsewhere(comparison: Comparison, metrics: Path) -> str | None:
    """A warning if a method's recipe was tuned on other data or another model, or not at all.

    metrics: the folder with trials/ and adopted.json; a folder of archived runs has neither.
    """
    paths = {method.name: trials_path(method.name, metrics) for method in comparison.methods}
    now = {name: read_tuning(path) for name, path in paths.items() if path.is_file()}
    names = not_tuned_here(now, read_adopted(metrics))
    if not names:
        return None
    titles = ", ".join(comparison.method(name).title for name in names)
    return (
        f"The recipes of {titles} were not tuned on this data with this model, so a difference may"
        f" be that of recipes, not of methods. To tune every method: `{FLAG}`."
    )


def named_classes(comparison: Comparison) -> str:
    """The classes that are too small, the first five by name."""
    small = comparison.small_classes
    return ", ".join(small[:5]) + (f" and {len(small) - 5} more" if len(small) > 5 else "")


def points(share: float) -> str:
    """0.01 as `1 point`."""
    text = f"{100 * share:g}"
    return f"{text} point{'s' * (text != '1')}"


def _cheapest_by(comparison: Comparison) -> str:
    if isinstance(comparison.cost, str):
        return _CHEAPEST_BY[comparison.cost]
    weights = ", ".join(f"{name} {weight:g}" for name, weight in comparison.cost.items())
    return f"costs the least ({weights})"


def _how_sure(comparison: Comparison) -> str:
    """Every method's probability of being good enough, and what it takes to settle."""
    advice = comparison.recommendation
    running = [candidate for candidate in advice.candidates if candidate.in_the_running]
    out = [candidate for candidate in advice.candidates if not candidate.in_the_running]
    sure = ", ".join(f"{_title(comparison, one)} {_percent_sure(one.sure)}" for one in running)
    needed = percent(1 - advice.level / max(1, len(running) - 1))
    text = f"How sure it is that each one is: {sure}; settling takes {needed}."
    if out:
        worse = ", ".join(_title(comparison, one) for one in out)
        text += f" Surely not: {worse}."
    return text


def _cheaper(comparison: Comparison) -> str:
    """Of a settled comparison: which cheaper methods may be good enough, and what would show it."""
    advice = comparison.recommendation
    names = [one.name for one in advice.candidates]
    cheaper = [
        comparison.method(one.name).title
        for one in advice.candidates[: names.index(advice.method)]
        if one.in_the_running
    ]
    if not cheaper:
        return ""
    text = f" {' and '.join(cheaper)} may be good enough too, at less cost"
    if ways := _ways(comparison):
        return f"{text}: if the differences are those seen, {ways} would probably show it."
    return f"{text}."


def _what_settles(comparison: Comparison) -> str:
    title = comparison.method(comparison.recommendation.method).title
    if ways := _ways(comparison):
        return (
            f"If the differences are those seen, {ways} would settle it ({percent(POWER)} of the"
            f" time). Until then, {title} is the surest."
        )
    most = [f"{MOST_TIMES_THE_EXAMPLES} times the test examples"]
    if comparison.question is Question.OVER_SEEDS:
        most.insert(0, f"{MOST_SEEDS} seeds")
    return (
        f"If the differences are those seen, not even {' or '.join(most)} would settle it: take"
        f" the cheapest that may be good enough, {title}."
    )


def _ways(comparison: Comparison) -> str:
    """The numbers of seeds or test examples that would settle it, if there are any."""
    advice = comparison.recommendation
    ways = []
    if advice.seeds_needed is not None:
        ways.append(f"{advice.seeds_needed} seeds instead of {comparison.seeds}")
    if advice.examples_needed is not None:
        ways.append(f"{advice.examples_needed:,} test examples instead of {comparison.examples:,}")
    return " or ".join(ways)


def _title(comparison: Comparison, candidate: Candidate) -> str:
    return comparison.method(candidate.name).title


def _percent_sure(share: float) -> str:
    """Never 100 %, nor more digits than a probability of this kind has."""
    if share > 0.999:
        return "over 99.9 %"
    return f"{100 * share:.1f} %" if share > 0.9 else f"{100 * share:.0f} %"
