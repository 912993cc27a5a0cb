"""Commands about what textune keeps outside of the workspace."""

from typing import Annotated

import typer

from textune.cli.app import app


@app.command()
def checkpoints(
    remove: Annotated[
        list[str] | None, typer.Option(help="Remove this one, by its key or the beginning of it.")
    ] = None,
    remove_all: Annotated[bool, typer.Option("--remove-all", help="Remove all of them.")] = False,
) -> None:
    """List what trainings that were ended go on from, or remove some of it."""
    from rich import filesize
    from rich.console import Console

    from textune.report.grid import Cell, Column, Grid
    from textune.training.checkpoints import remove_stored, stored

    for key in [one.key for one in stored() if not one.busy] if remove_all else remove or []:
        remove_stored(key)
        print(f"{key} is removed")
    columns = [Column(name) for name in ("key", "method", "seed", "step", "size", "written")]
    rows = [
        [
            Cell(one.key[:12]),
            Cell(str(one.about.get("name", "?"))),
            Cell(str(one.about.get("seed", "?"))),
            Cell(f"{one.about.get('step', '?')} of {one.about.get('steps', '?')}"),
            Cell(filesize.decimal(one.bytes)),
            Cell("in use" if one.busy else f"{one.age / 60:.0f} minutes ago"),
        ]
        for one in stored()
    ]
    if rows:
        Console().print(Grid(columns, rows).drawn())
    else:
        print("there are no checkpoints")
