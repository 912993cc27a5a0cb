"""A review in words: for a terminal, for a comment in Markdown, and as JSON."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from textune.metrics.of_classes import title_of
from textune.report.advice import points
from textune.report.escaping import as_text, printable
from textune.report.grid import Cell, Column, Grid
from textune.review.moves import Move, Moves, Verdict
from textune.review.reviewing import Change, Review

# By this a comment is found again.
MARKER = "<!-- textune review -->"
_SURE = (Verdict.BETTER, Verdict.WORSE)
# Of what is not shown in a terminal.
_WIDTH = 120


def sentence(review: Review) -> str:
    """The verdict."""
    moves = review.moves
    if moves is None:
        return (
            f"There is nothing to hold {review.head} against ({review.unreadable})."
            f" Recommended: {review.recommended[1]}."
        )
    if not review.differs:
        return "Nothing differs."
    parts = []
    if moves.comparable:
        sure = [one for one in moves.every if one.verdict in _SURE]
        parts += [_said(one, moves.metric) for one in sure]
        noise = [one for one in moves.methods if one.verdict is Verdict.WITHIN_NOISE]
        parts += [_said(one, moves.metric) for one in noise]
        same = [one.title for one in moves.methods if one.verdict is Verdict.UNCHANGED]
        if same:
            parts.append(f"{', '.join(same)}: the same predictions" if parts else "no score moved")
    else:
        known = "has other" if moves.paired else "is not known to have the same"
        parts.append(f"test {known} examples, so no score can be held against the other")
    before, after = review.recommended
    parts.append(
        f"recommended method unchanged ({after})"
        if before == after
        else f"recommended was {before} and is {after}"
    )
    told = "; ".join(parts)
    return " ".join([f"{told[0].upper()}{told[1:]}.", *_reservations(review, moves)])


def _reservations(review: Review, moves: Moves) -> list[str]:
    """Why all that is to be taken with care."""
    told = []
    if review.not_made_with:
        told.append(
            f"The results of {review.head} were not made with its params.yaml"
            f" ({', '.join(review.not_made_with)}): run dvc repro."
        )
    if moves.seeds is not None:
        seeds = ", ".join(map(str, moves.seeds))
        told.append(f"The sides have other seeds, so this is over {seeds} alone.")
    if moves.comparable and not moves.paired:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in review.missing.items())
        told.append(
            f"This is by intervals alone, which is weaker, without predictions ({reasons})."
        )
    return told


def gate_sentence(review: Review) -> str:
    """Why the gate is open or closed, and what it could have seen."""
    margin = points(review.settings.noninferiority_margin)
    removed = f" Compared no more: {', '.join(review.removed)}." if review.removed else ""
    if review.moves is None or not review.moves.comparable:
        return f"Open, as nothing can be compared. {sentence(review)}{removed}"
    if review.fails:
        return f"Closed: {', '.join(review.fails)} surely worse by more than {margin}.{removed}"
    told = [f"Open: no method is surely worse by more than {margin}.{removed}"]
    worse = [one for one in review.moves.methods if one.verdict is Verdict.WORSE]
    if worse:
        told.append(f"Surely worse, but perhaps by less: {', '.join(map(_lost, worse))}.")
    seen = [
        f"{one.title} {100 * one.detectable:.1f}"
        for one in review.moves.methods
        if one.detectable is not None
    ]
    told.append(
        f"It would have been closed, in 80 % of cases, by a loss in points of: {', '.join(seen)}."
        if seen
        else "All predictions are the same."
    )
    return " ".join([*told, *_reservations(review, review.moves)])


def _lost(one: Move) -> str:
    return f"{one.title} {_points(one.difference)}"


def text(review: Review) -> str:
    """For a terminal; what is within noise is in one line."""
    return "\n".join([printable(sentence(review)), *_grids(review, markdown=False)])


def markdown(review: Review) -> str:
    """For a comment; what is within noise is folded."""
    lines = [MARKER, f"**{as_text(sentence(review))}**", "", *_grids(review, markdown=True)]
    if review.moves is not None and review.moves.methods:
        lines += [
            "<details><summary>All methods</summary>",
            "",
            _escaped(_moves_grid(review.moves.every)).markdown(),
            "</details>",
        ]
    return "\n".join(lines)


def as_json(review: Review) -> dict[str, Any]:
    """All of it."""
    return {
        "base": review.base,
        "head": review.head,
        "differs": review.differs,
        "sentence": sentence(review),
        "gate": {"closed": bool(review.fails), "sentence": gate_sentence(review)},
        "moves": None if review.moves is None else asdict(review.moves),
        "changes": [
            {"about": about, "key": key, "base": before, "head": after}
            for about, changes in review.changes.items()
            for key, before, after in changes
        ],
        "recommended": {"base": review.recommended[0], "head": review.recommended[1]},
    }


def _said(one: Move, metric: str) -> str:
    by = "" if one.metric == metric else f"{title_of(one.metric)} "
    moved = f"{one.title} {by}{_points(one.difference)} points"
    if one.verdict is Verdict.WITHIN_NOISE:
        return f"{moved}, within noise (±{100 * (one.high - one.low) / 2:.1f})"
    return f"{moved}, {one.verdict}"


def _points(share: float) -> str:
    # Adding 0 turns -0 into 0.
    return f"{round(100 * share, 1) + 0:+.1f}"


def _grids(review: Review, markdown: bool) -> list[str]:
    """What moved beyond noise, then what else changed."""
    grids = []
    if review.moves is not None:
        moved = [one for one in review.moves.every if one.verdict in _SURE]
        if moved:
            grids.append(_moves_grid(moved))
        if review.moves.recommended is not None:
            grids.append(_moves_grid([review.moves.recommended], "recommended"))
    grids += [_changes_grid(about, changes) for about, changes in review.changes.items() if changes]
    return [_escaped(grid).markdown() if markdown else _drawn(grid) for grid in grids]


def _moves_grid(chosen: Sequence[Move], heading: str = "method") -> Grid:
    headings = [heading, "metric", "base", "head", "points", "interval", "verdict"]
    rows = [
        [
            Cell(one.title),
            Cell(title_of(one.metric)),
            Cell(f"{one.base:.3f}"),
            Cell(f"{one.head:.3f}"),
            Cell(_points(one.difference)),
            Cell(f"[{_points(one.low)}, {_points(one.high)}]"),
            Cell(one.verdict),
        ]
        for one in chosen
    ]
    return Grid([Column(each) for each in headings], rows)


def _changes_grid(about: str, changes: Sequence[Change]) -> Grid:
    columns = [Column(about), Column("base"), Column("head")]
    return Grid(columns, [[Cell(part) for part in change] for change in changes])


def _escaped(grid: Grid) -> Grid:
    """Its cells as text of Markdown."""
    rows = [[Cell(as_text(cell.text).replace(r"\|", "|")) for cell in row] for row in grid.rows]
    return Grid(grid.columns, rows)


def _drawn(grid: Grid) -> str:
    from rich.console import Console

    rows = [[Cell(printable(cell.text)) for cell in row] for row in grid.rows]
    console = Console() if sys.stdout.isatty() else Console(width=_WIDTH)
    with console.capture() as captured:
        console.print(Grid(grid.columns, rows).drawn())
    return captured.get()
