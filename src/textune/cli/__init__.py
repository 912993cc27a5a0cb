"""`textune …`: what is not a stage of the pipeline.

Nothing heavy is imported before a command needs it, so that `--help` answers at once.
"""

import typer

from textune import errors
from textune.cli import choosing, keeping, results, reviewing, running, using
from textune.cli.app import app

__all__ = ["app", "choosing", "keeping", "main", "results", "reviewing", "running", "using"]

# Commands of earlier versions, and what to run now.
_RENAMED = {"keep": "textune archive", "draw": "textune plot", "bench": "python -m benchmarks"}


def _renamed(context: typer.Context) -> None:
    name = context.info_name or ""
    raise errors.UserError(f"`textune {name}` is now `{_RENAMED[name]}`")


for _name in _RENAMED:
    # With any arguments, which the new command may not have.
    app.command(
        _name,
        hidden=True,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )(_renamed)


def main() -> None:
    """Run a command; what a user can mend is told in one line, with its exit code."""
    errors.run(app)
