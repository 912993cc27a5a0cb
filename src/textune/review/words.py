"""A review in words: for a terminal, for a comment in Markdown, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from textune.metrics.of_classes import title_of
from textune.report.advice import points
from textune.report.escaping import as_text
from textune.report.grid import Cell, Column, Grid
from textune.review.moves import Move, Moves, Verdict
from textune.review.reviewing import Change, Review

# By this a comment is found again.
MARKER = "<!-- textune review -->"


def sentence(review: Review) -> str:
    """The verdict."""
    moves = review.moves
    if moves is None:
        return (
            f"{review.base} has no results that this version reads, so there is nothing to hold"
            f" {review.head} against. Recommended: {review.recommended[1]}."
        )
    if not review.differs:
        return "Nothing differs."
    parts = []
    if not moves.comparable:
        parts.append("test has other examples, so no score can be held against the other")
    else:
        parts += [_said(one) for one in moves.methods if one.verdict is not Verdict.UNCHANGED]
        same = [one.title for one in moves.methods if one.verdict is Verdict.UNCHANGED]
        if same:
            parts.append(f"{', '.join(same)}: the same predictions" if parts else "no score moved")
    before, after = review.recommended
    parts.append(
        f"recommended method unchanged ({after})"
        if before == after
        else f"recommended was {before} and is {after}"
    )
    told = "; ".join(parts)
    weaker = (
        ""
        if moves.paired or not moves.comparable
        else " Predictions of both sides are not at hand (`dvc pull`), so this is by intervals"
        " alone, which is weaker."
    )
    return f"{told[0].upper()}{told[1:]}.{weaker}"


def gate_sentence(review: Review) -> str:
    """Why the gate is open or closed, and what it could have seen."""
    margin = points(review.settings.noninferiority_margin)
    if review.moves is None or not review.moves.comparable:
        return f"Open, as nothing can be compared. {sentence(review)}"
    if review.fails:
        return f"Closed: {', '.join(review.fails)} surely worse by more than {margin}."
    seen = [
        f"{one.title} {100 * one.detectable:.1f}"
        for one in review.moves.methods
        if one.detectable is not None
    ]
    power = (
        f" It would have been closed, in 80 % of cases, by a loss in points of: {', '.join(seen)}."
        if seen
        else " All predictions are the same."
    )
    return f"Open: no method is surely worse by more than {margin}.{power}"


def text(review: Review) -> str:
    """For a terminal; what is within noise is in one line."""
    return "\n".join([sentence(review), *_grids(review, markdown=False)])


def markdown(review: Review) -> str:
    """For a comment; what is within noise is folded."""
    lines = [MARKER, f"**{as_text(sentence(review))}**", "", *_grids(review, markdown=True)]
    if review.moves is not None and review.moves.methods:
        lines += [
            "<details><summary>All methods</summary>",
            "",
            _escaped(_moves_grid(review.moves, review.moves.methods)).markdown(),
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


def _said(one: Move) -> str:
    moved = f"{_points(one.difference)} points"
    if one.verdict is Verdict.WITHIN_NOISE:
        return f"{one.title} {moved}, within noise (±{100 * (one.high - one.low) / 2:.1f})"
    return f"{one.title} {moved}, {one.verdict}"


def _points(share: float) -> str:
    # Adding 0 turns -0 into 0.
    return f"{round(100 * share, 1) + 0:+.1f}"


def _grids(review: Review, markdown: bool) -> list[str]:
    """What moved beyond noise, then what else changed."""
    grids = []
    if review.moves is not None:
        beyond = (Verdict.BETTER, Verdict.WORSE)
        moved = [one for one in review.moves.methods if one.verdict in beyond]
        if moved:
            grids.append(_moves_grid(review.moves, moved))
        if review.moves.recommended is not None:
            grids.append(_moves_grid(review.moves, [review.moves.recommended], "recommended"))
    grids += [_changes_grid(about, changes) for about, changes in review.changes.items() if changes]
    return [_escaped(grid).markdown() if markdown else _drawn(grid) for grid in grids]


def _moves_grid(moves: Moves, chosen: Sequence[Move], heading: str = "method") -> Grid:
    base = f"{title_of(moves.metric)}, base"
    headings = [heading, base, "head", "points", "interval", "verdict"]
    rows = [
        [
            Cell(one.title),
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

    console = Console(width=120)
    with console.capture() as captured:
        console.print(grid.drawn())
    return captured.get()
