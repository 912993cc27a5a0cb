"""A review: what head does to base's results, from git, DVC's cache or a remote."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from textune.config.sections import EvaluateParams
from textune.errors import UserError
from textune.prediction.finding import Place, place
from textune.report.at_a_glance import known_of
from textune.review.moves import Moves, changed, moves
from textune.review.sides import Side, read_side, without_copies
from textune.stats.results import Comparison

# A key, its value at base and at head; a dash where there is none.
Change = tuple[str, str, str]


@dataclass(frozen=True)
class Review:
    """moves: None if base has no results that this version reads, for the reason in `unreadable`.

    settings: base's, so that a change is not judged by itself. changes: by what they are about, in
    the order of `_ABOUT`. recommended: at base and at head. removed: titles of methods that head
    compares no more. missing: by side, why its predictions are not at hand. not_made_with: see
    `Side`, of head.
    """

    base: str
    head: str
    settings: EvaluateParams
    moves: Moves | None
    unreadable: str
    changes: Mapping[str, list[Change]]
    recommended: tuple[str, str]
    removed: list[str]
    missing: Mapping[str, str]
    not_made_with: list[str]

    @property
    def differs(self) -> bool:
        """Whether there is anything to tell."""
        if self.moves is None or not self.moves.comparable or self.not_made_with:
            return True
        moved = [one for one in self.moves.every if one.detectable is not None or one.fails]
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
        names = (base, head or "the workspace")
        of_head = _read(after, names[1])
        known, not_made_with = _recommended(of_head.comparison), of_head.not_made_with
        try:
            of_base = _read(before, base)
        except UserError as error:
            settings = _settings(of_head)
            reason = str(error)
            return Review(*names, settings, None, reason, {}, ("–", known), [], {}, not_made_with)
        settings = _settings(of_base)
        changes = {
            title: changed(getattr(of_base, key), getattr(of_head, key))
            for key, title in _ABOUT.items()
        }
        titles = [
            {one.name: one.title for one in side.comparison.methods} for side in (of_base, of_head)
        ]
        absent = titles[0].keys() ^ titles[1].keys()
        words = [dict.fromkeys(sorted(side.keys() & absent), "compared") for side in titles]
        changes["methods"] = changed(*words)
        return Review(
            *names,
            settings,
            moves(of_base, of_head, settings),
            "",
            changes,
            (_recommended(of_base.comparison), known),
            [title for name, title in titles[0].items() if name not in titles[1]],
            {
                name: side.missing
                for name, side in zip(names, (of_base, of_head), strict=True)
                if side.missing
            },
            not_made_with,
        )


def _read(where: Place, name: str) -> Side:
    """A side. Raises `UserError`, with its name, if it has no results of this version."""
    try:
        side = read_side(where)
        side.not_made_with  # noqa: B018
        return side
    except UserError as error:
        raise UserError(f"{name}: {without_copies(str(error), where)}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UserError(
            f"{name}: metrics/, params.yaml or dvc.lock is damaged, or of another version"
        ) from None


def _recommended(comparison: Comparison) -> str:
    """The method's title, and whether that is settled."""
    title = comparison.method(comparison.recommendation.method).title
    return f"{title}, {known_of(comparison)}"


def _settings(side: Side) -> EvaluateParams:
    try:
        return EvaluateParams.model_validate(side.params.get("evaluate", {}))
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"]))
        raise UserError(f"params.yaml: evaluate.{key} is wrong; see `textune check`") from None
