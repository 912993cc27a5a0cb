"""Results that are looked at more than once: how much of the level each look may spend.

Adding seeds until something shows makes errors more likely: every look is another chance of one.
So the looks are planned, and share the level: the errors of all looks together are at most the sum
of their shares. (Alpha spending after Lan & DeMets 1983, "Discrete sequential boundaries for
clinical trials"; looks share their test examples, so nothing is assumed of how they depend.)
"""

from textune.config.sections import EvaluateParams
from textune.errors import UserError


def share_of_level(seeds: int, settings: EvaluateParams) -> float:
    """The part of the level that a look at so many seeds may spend: the seeds new in it.

    All of it if one look is planned, or none is named. Raises `UserError` if looks are planned at
    other numbers of seeds.
    """
    planned = settings.planned_seeds
    if planned is None:
        return 1.0
    if seeds not in planned:
        raise UserError(
            f"evaluate.planned_seeds is {planned}, but train.seeds has {seeds}: look at the results"
            " as planned, or set evaluate.planned_seeds to null"
        )
    earlier = [number for number in planned if number < seeds]
    return (seeds - (earlier[-1] if earlier else 0)) / planned[-1]


# Where no looks are planned; what lies between the larger ones makes little difference.
_NUMBERS = (*range(2, 11), 12, 15, 20, 25, 30)


def levels_to_come(seeds: int, settings: EvaluateParams, most: int) -> dict[int, float]:
    """By number of seeds, the level of a look with more than `seeds` and at most `most`.

    Planned looks come at their own levels. Without, each of some numbers may be the one look.
    """
    numbers = _NUMBERS if settings.planned_seeds is None else settings.planned_seeds
    return {
        number: settings.level * share_of_level(number, settings)
        for number in numbers
        if seeds < number <= most
    }
