"""The program that the commands belong to."""

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def about() -> None:
    """Which way of fine-tuning an encoder wins on your labelled text, and what each costs."""
