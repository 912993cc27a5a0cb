"""The results as Markdown: for the terminal, and for docs/statistics.md."""

from collections.abc import Sequence

from benchmarks.simulation.results import OfExamples, Results, read
from benchmarks.simulation.truth import MARGIN


def everything(results: Results) -> str:
    """All tables, each under a heading."""
    tables = {
        "Settles wrongly": promise(results),
        "The worst truths": worst(results),
        "Settles rightly, and regret": power(results),
        "The issue's example": issue(results),
        "Are probabilities honest?": sure(results),
        "Borrowed variances": borrowed(results),
        "Looks": looks(results),
        "Examples: accuracy": accuracy(results),
        "Examples: macro recall and macro F1": macro(results),
    }
    return "\n".join(f"## {heading}\n\n{table}" for heading, table in tables.items())


def committed() -> Results:
    """Those of metrics/simulation.json."""
    return read()


def promise(results: Results) -> str:
    """How often each rule settles on a method that is worse by the margin or more."""
    headings = [
        "methods",
        "seeds",
        "textune: worst",
        "mean",
        "rule of before: worst",
        "mean",
        "highest score: worst",
        "mean",
    ]
    lines = []
    for line in results.promise:
        shares = [
            percent(getattr(over, rule).wrong)
            for rule in ("textune", "before", "highest")
            for over in (line.worst, line.mean)
        ]
        lines.append([str(line.methods), str(line.seeds), *shares])
    return _markdown(headings, lines)


def worst(results: Results) -> str:
    """Where textune settles wrongly most often."""
    lines = [
        [
            truth.scenario,
            str(truth.methods),
            str(truth.seeds),
            f"{truth.rows:,}",
            " and ".join(points(sd) for sd in truth.seed_sds),
            percent(truth.wrong),
        ]
        for truth in results.worst
    ]
    headings = ["truth", "methods", "seeds", "test rows", "seed sd, points", "settles wrongly"]
    return _markdown(headings, lines, names=1)


def power(results: Results) -> str:
    """How often the cheapest of equal methods is settled on; regret over all truths."""
    headings = [
        "methods",
        "seeds",
        "all equal: textune",
        "rule of before",
        "highest score",
        "regret: textune",
        "rule of before",
        "highest score",
    ]
    lines = []
    for line in results.promise:
        rules = ("textune", "before", "highest")
        right = [percent(getattr(line.equal, rule).right) for rule in rules]
        regret = [f"{100 * getattr(line.mean, rule).regret:.2f}" for rule in rules]
        lines.append([str(line.methods), str(line.seeds), *right, *regret])
    return _markdown(headings, lines)


def issue(results: Results) -> str:
    """Four methods of 68, 76, 76 and 77 %."""
    headings = [
        "seed sd, points",
        "seeds",
        "settles wrongly: textune",
        "rule of before",
        "highest score",
        "settles rightly: textune",
        "rule of before",
        "highest score",
    ]
    lines = []
    for case in results.issue:
        rules = (case.rules.textune, case.rules.before, case.rules.highest)
        shares = [*(rule.wrong for rule in rules), *(rule.right for rule in rules)]
        lines.append([points(case.seed_sd), str(case.seeds), *map(percent, shares)])
    return _markdown(headings, lines)


def sure(results: Results) -> str:
    """What is told, and what is true."""
    lines = [
        [
            f"{100 * line.low:g} to {100 * line.high:g}",
            *map(percent, (line.at_random, line.of_grid)),
        ]
        for line in results.sure
    ]
    headings = ["told, % sure", "is within the margin: truths at random", "truths of the grid"]
    return _markdown(headings, lines)


def borrowed(results: Results) -> str:
    """Each way of taking the variance over seeds."""
    lines = [
        [line.how, *map(percent, (line.wrong_equal, line.wrong_unequal, line.right))]
        for line in results.borrowed
    ]
    headings = [
        "variance over seeds",
        "settles wrongly, worst: equal seed sds",
        "unequal seed sds",
        "settles rightly: all equal",
    ]
    return _markdown(headings, lines, names=1)


def looks(results: Results) -> str:
    """Each plan, without and with sharing the level."""
    lines = [
        [
            ", ".join(map(str, line.looks)) if len(line.looks) < 5 else "every one from 3 to 10",
            *map(percent, line.wrong),
            *map(percent, line.right),
            *(f"{seeds:.1f}" for seeds in line.seeds),
        ]
        for line in results.looks
    ]
    headings = [
        "looks at seeds",
        "settles wrongly, worst: whole level each",
        "shared level",
        "settles rightly, all equal: whole level each",
        "shared level",
        "seeds spent, all equal: whole level each",
        "shared level",
    ]
    return _markdown(headings, lines, names=1)


def accuracy(results: Results) -> str:
    """From single examples."""
    lines = [
        [
            f"{case.rows:,}",
            str(case.seeds),
            points(case.accuracy),
            *map(percent, (case.covers_method, case.covers_pair, case.covers_pair_fixed_models)),
            percent(case.wrong),
        ]
        for case in results.examples
        if case.metric == "accuracy"
    ]
    headings = [
        "test rows",
        "seeds",
        "accuracy",
        "covers: method",
        "pair",
        "pair, fixed models",
        "settles wrongly",
    ]
    return _markdown(headings, lines)


def macro(results: Results) -> str:
    """From single examples of several classes, both macro metrics; the hardest first."""
    by_metric = [
        [case for case in results.examples if case.metric == metric]
        for metric in ("macro_recall", "macro_f1")
    ]
    both = sorted(zip(*by_metric, strict=True), key=lambda pair: more_errors(pair[0]))
    lines = [
        [
            "more alike" if recall.alike else "as elsewhere",
            str(recall.classes),
            f"{recall.rows:,}",
            str(recall.seeds),
            points(recall.accuracy),
            str(recall.smallest),
            f"{more_errors(recall):.1f}",
            *(
                percent(share)
                for case in (recall, f1)
                for share in (case.covers_method, case.covers_pair, case.wrong)
            ),
        ]
        for recall, f1 in both
    ]
    headings = [
        "models",
        "classes",
        "test rows",
        "seeds",
        "recall",
        "smallest class",
        "more errors",
        "macro recall covers: method",
        "pair",
        "settles wrongly",
        "macro F1 covers: method",
        "pair",
        "settles wrongly",
    ]
    return _markdown(headings, lines, names=1)


def more_errors(case: OfExamples) -> float:
    """How many more test examples a method gets wrong that is worse by the margin of macro recall.

    On average, and if it is worse in the smallest class alone.
    """
    return case.smallest * case.classes * MARGIN


def percent(share: float) -> str:
    """With one digit."""
    return f"{100 * share:.1f}"


def points(share: float) -> str:
    """As short as it is."""
    return f"{100 * share:g}"


def _markdown(headings: list[str], lines: Sequence[list[str]], names: int = 0) -> str:
    """names: how many of the columns are text."""
    rule = [":--"] * names + ["--:"] * (len(headings) - names)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, rule, *lines))
