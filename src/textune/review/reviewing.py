"""A review: what head does to base's results, from git, DVC's cache or a remote."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from textune.config.sections import EvaluateParams
from textune.errors import UserError
from textune.prediction.finding import Place, place
from textune.report.at_a_glance import recommended
from textune.review.moves import Moves, changed, moves
from textune.review.sides import Side, read_side

# A key, its value at base and at head; a dash where there is none.
Change = tuple[str, str, str]


@dataclass(frozen=True)
class Review:
    """moves: None if base has no results that this version reads.

    changes: by what they are about, in the order of `_ABOUT`. recommended: at base and at head.
    """

    base: str
    head: str
    settings: EvaluateParams
    moves: Moves | None
    changes: Mapping[str, list[Change]]
    recommended: tuple[str, str]

    @property
    def differs(self) -> bool:
        """Whether there is anything to tell."""
        if self.moves is None or not self.moves.comparable:
            return True
        moved = [one for one in self.moves.methods if one.detectable is not None or one.fails]
        return bool(moved or any(self.changes.values()) or len({*self.recommended}) > 1)

    @property
    def fails(self) -> list[str]:
        """Titles of what is surely worse by more than the margin."""
        if self.moves is None:
            return []
        every = [*self.moves.methods, *filter(None, [self.moves.recommended])]
        return list(dict.fromkeys(one.title for one in every if one.fails))


_ABOUT = {"parameters": "parameters", "data": "data", "costs": "cost", "versions": "versions"}


def review(base: str, head: str | None) -> Review:
    """Hold head, or the workspace, against base.

    Raises `UserError` if there are no such revisions, or head has no results.
    """
    with place(base, "--base") as before, place(head, "--head") as after:
        of_head = read_side(after)
        settings = _settings(of_head)
        of_base = _readable(before)
        names = (base, head or "the workspace")
        known = recommended(of_head.comparison)
        if of_base is None:
            return Review(*names, settings, None, {}, ("–", known))
        changes = {
            title: changed(getattr(of_base, key), getattr(of_head, key))
            for key, title in _ABOUT.items()
        }
        methods = [{one.name for one in side.comparison.methods} for side in (of_base, of_head)]
        absent = sorted(methods[0] ^ methods[1])
        words = [dict.fromkeys(side & {*absent}, "compared") for side in methods]
        changes["methods"] = changed(*words)
        found = moves(of_base, of_head, settings)
        return Review(*names, settings, found, changes, (recommended(of_base.comparison), known))


def _readable(where: Place) -> Side | None:
    """None if there are no results, or only those of another version."""
    try:
        return read_side(where)
    except UserError:
        return None


def _settings(side: Side) -> EvaluateParams:
    try:
        return EvaluateParams.model_validate(side.evaluate)
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"]))
        raise UserError(f"params.yaml: evaluate.{key} is wrong; see `textune check`") from None
