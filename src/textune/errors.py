"""How a program ends: mistakes that a user can mend, signals and a full disk in one line each."""

import sqlite3
import sys
from collections.abc import Callable

from textune import interrupts

# Of a program that was asked for what cannot be, and of one that failed at what can.
_USAGE, _FAILURE = 2, 1


class UserError(Exception):
    """A mistake a user can mend. Its text is one line: what is wrong, where, and the cure."""

    exit_code = _USAGE


class FailedError(UserError):
    """What was asked for is right, but something else prevents it, such as a hub out of reach."""

    exit_code = _FAILURE


class DivergedError(UserError):
    """Training went to weights that predict nothing."""


def run(main: Callable[[], None]) -> None:
    """Call `main`; what a user can mend ends in one line on stderr and the error's exit code.

    What the system refuses, such as writing to a full disk, ends in one line and exit code 1.
    Ctrl-C ends with 130, SIGTERM with 143.
    """
    try:
        with interrupts.raised():
            main()
    except UserError as error:
        _end(f"error: {error}", error.exit_code)
    except interrupts.Interrupted as interrupted:
        _end(str(interrupted), interrupted.exit_code)
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        _end(f"error: {about}{error.strerror or ' '.join(str(error).split())}", _FAILURE)
    except sqlite3.Error as error:
        _end(f"error: a database of DVC's cannot be used: {error}", _FAILURE)
    except MemoryError as error:
        _end(f"error: out of memory ({str(error) or 'no more can be had'})", _FAILURE)


def _end(line: str, code: int) -> None:
    # Names in it may have line breaks.
    print("\\n".join(line.splitlines()), file=sys.stderr)
    sys.exit(code)
