"""The app that commands are added to, and the options that several of them have."""

from pathlib import Path
from typing import Annotated

import typer

from textune.errors import UserError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="minilm, distilbert or the folder of another; again for more."),
]
Methods = Annotated[
    list[str] | None,
    typer.Option("--method", help="One method of params.yaml; again for more."),
]
Quick = Annotated[bool, typer.Option("--quick", help="Fewer cells and rounds.")]
Data = Annotated[
    Path | None, typer.Option(help="A folder in TweetEval's layout, instead of data.source.")
]
Json = Annotated[Path | None, typer.Option(help="Write the table as JSON to this file.")]


@app.callback()
def about() -> None:
    """Measure how fast textune trains, how much it learns, and whether its statistics hold."""


def check_paths(data: Path | None, json: Path | None = None) -> None:
    """Raise `UserError` if there is no such folder to read, or none to write to."""
    if data is not None and not data.is_dir():
        raise UserError(
            f"--data is {data}, which is no folder; it should be one in TweetEval's layout"
        )
    if json is not None and not json.absolute().parent.is_dir():
        raise UserError(f"--json is {json}, but there is no folder {json.absolute().parent}")
