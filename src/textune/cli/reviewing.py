"""Commands for reviews of changes: review, gate."""

import sys
from typing import Annotated

import typer

from textune.cli.app import app
from textune.errors import UserError

Base = Annotated[str, typer.Option(help="The commit, branch or tag that is held against.")]
Head = Annotated[str | None, typer.Option(help="What is reviewed. Default: the workspace.")]

_CLOSED = 1


@app.command()
def review(
    base: Base,
    head: Head = None,
    form: Annotated[str, typer.Option("--format", help="text, md or json.")] = "text",
) -> None:
    """What a change does to the results: what moved beyond noise, and what else changed."""
    if form not in ("text", "md", "json"):
        raise UserError(f"--format is {form!r}, but it may be text, md or json")

    import json

    from textune.review import words
    from textune.review.reviewing import review as made

    found = made(base, head)
    if form == "json":
        print(json.dumps(words.as_json(found), indent=2, ensure_ascii=False))
    else:
        print(words.text(found) if form == "text" else words.markdown(found))


@app.command()
def gate(base: Base, head: Head = None) -> None:
    """Exit code 1 if a method is surely worse than at base by more than the margin."""
    from textune.report.escaping import printable
    from textune.review.reviewing import review as made
    from textune.review.words import gate_sentence

    found = made(base, head)
    print(printable(gate_sentence(found)))
    if found.fails:
        sys.exit(_CLOSED)
