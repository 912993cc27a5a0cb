"""Mistakes that a user can mend, told in one line."""

import sys
from collections.abc import Callable


class UserError(Exception):
    """A mistake a user can mend. Its text is one line: what is wrong, where, and the cure."""


class DivergedError(UserError):
    """Training ended at weights that predict nothing."""


def run(main: Callable[[], None]) -> None:
    """Call `main`; turn a `UserError` into one line on stderr and exit code 1."""
    try:
        main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
