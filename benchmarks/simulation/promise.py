"""The promise: how often a rule settles wrongly, over the grid of truths."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from benchmarks.simulation import rules
from benchmarks.simulation.draws import draw
from benchmarks.simulation.grid import ALL_EQUAL, METHODS, OF_THE_ISSUE, SEEDS, Scenario, scenarios
from benchmarks.simulation.results import IssueCase, Outcome, Promise, Rules, WorstTruth
from benchmarks.simulation.truth import Truth

_SHOWN = 5
_SUSPECTS = 3


class Found(NamedTuple):
    """A scenario with what the rules make of it."""

    scenario: Scenario
    rules: Rules


def lines(
    trials: int, again: int, tick: Callable[[str], None]
) -> tuple[list[Promise], list[WorstTruth]]:
    """A line for each number of methods and of seeds; and the worst truths of all.

    trials: of each truth; again: new ones of each truth that looks worst.
    """
    promises, worst = [], []
    for methods, seeds in product(METHODS, SEEDS):
        tick(f"{methods} methods, {seeds} seeds")
        found = list(_found(methods, seeds, trials))
        suspects = suspected([(one.rules.textune.wrong, one.scenario) for one in found])
        renewed = [_worst(scenario, again) for scenario in suspects]
        promises.append(_promise(found, max(truth.wrong for truth in renewed)))
        worst += renewed
    return promises, sorted(worst, key=lambda truth: -truth.wrong)[:_SHOWN]


def suspected(found: Sequence[tuple[float, Scenario]]) -> list[Scenario]:
    """The truths with the largest shares of wrong.

    Some of these shares are so large by chance, so these truths are to be simulated anew.
    """
    ordered = sorted(found, key=lambda one: one[0], reverse=True)
    return [scenario for _, scenario in ordered[:_SUSPECTS]]


def of_the_issue(trials: int) -> list[IssueCase]:
    """Issue 19's example."""
    return [
        IssueCase(
            seed_sd=sd,
            seeds=seeds,
            rules=all_rules(Truth(OF_THE_ISSUE, (sd,) * 4, seeds, 6_000), trials, 0),
        )
        for sd, seeds in product((0.002, 0.005), (3, 5))
    ]


def all_rules(truth: Truth, trials: int, seed: int) -> Rules:
    """The three rules in the same trials."""
    draws = draw(truth, trials, np.random.default_rng([0, seed]))
    return Rules(
        textune=outcome(truth, rules.of_textune(draws.means())),
        before=outcome(truth, rules.before(draws)),
        highest=outcome(truth, rules.highest(draws)),
    )


def outcome(truth: Truth, decided: rules.Decided) -> Outcome:
    """How often `decided` is wrong and right."""
    named, settled = decided
    return Outcome(
        wrong=float((settled & ~truth.good[named]).mean()),
        right=float((settled & (named == truth.settles_on)).mean()),
        regret=float(truth.regrets[named].mean()),
    )


def _found(methods: int, seeds: int, trials: int) -> Iterator[Found]:
    for number, scenario in enumerate(scenarios(methods, seeds)):
        yield Found(scenario, all_rules(scenario.truth, trials, number))


def _worst(scenario: Scenario, trials: int) -> WorstTruth:
    """In new trials, so that chance does not choose what is shown."""
    truth = scenario.truth
    draws = draw(truth, trials, np.random.default_rng([1, truth.seeds]))
    return WorstTruth(
        scenario=scenario.name,
        methods=len(truth.accuracies),
        seeds=truth.seeds,
        rows=truth.rows,
        seed_sds=tuple(dict.fromkeys(truth.seed_sds)),
        wrong=outcome(truth, rules.of_textune(draws.means())).wrong,
    )


def _promise(found: Sequence[Found], worst_of_textune: float) -> Promise:
    truth = found[0].scenario.truth
    everywhere = [one.rules for one in found]
    worst = _over(np.max, everywhere)
    textune = worst.textune.model_copy(update={"wrong": worst_of_textune})
    return Promise(
        methods=len(truth.accuracies),
        seeds=truth.seeds,
        truths=len(found),
        worst=worst.model_copy(update={"textune": textune}),
        mean=_over(np.mean, everywhere),
        equal=_over(np.mean, [one.rules for one in found if one.scenario.name == ALL_EQUAL]),
    )


def _over(summary: Callable[[list[float]], float], of_truths: Sequence[Rules]) -> Rules:
    def of_rule(name: str) -> Outcome:
        outcomes: list[Outcome] = [getattr(one, name) for one in of_truths]
        return Outcome(
            **{
                field: float(summary([getattr(one, field) for one in outcomes]))
                for field in Outcome.model_fields
            }
        )

    return Rules(**{name: of_rule(name) for name in Rules.model_fields})
