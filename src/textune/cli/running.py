"""Commands that run the pipeline on more than one training at a time."""

from typing import Annotated

import typer

from textune.cli.app import app


@app.command()
def repro(
    targets: Annotated[
        list[str] | None, typer.Argument(help="Stages, with what they need. Default: all.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Stages that run at a time.")] = 2,
) -> None:
    """Run the stages that are out of date as `dvc repro` does, several at a time."""
    from textune.scaling.stages import repro

    repro(jobs, targets or [])
