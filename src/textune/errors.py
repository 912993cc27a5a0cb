"""How a program ends: mistakes that a user can mend, signals and a full disk in one line each."""

import sqlite3
import sys
from collections.abc import Callable

from textune import interrupts


class UserError(Exception):
    """A mistake a user can mend. Its text is one line: what is wrong, where, and the cure."""


class DivergedError(UserError):
    """Training went to weights that predict nothing."""


def run(main: Callable[[], None]) -> None:
    """Call `main`; what a user can mend ends in one line on stderr and exit code 2.

    So does what the system refuses, such as writing to a full disk. Ctrl-C ends with 130, SIGTERM
    with 143.
    """
    try:
        with interrupts.raised():
            main()
    except UserError as error:
        _end(f"error: {error}", 2)
    except interrupts.Interrupted as interrupted:
        _end(str(interrupted), interrupted.exit_code)
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        _end(f"error: {about}{error.strerror or ' '.join(str(error).split())}", 2)
    except sqlite3.Error as error:
        _end(f"error: a database of DVC's cannot be used: {error}", 2)
    except MemoryError as error:
        _end(f"error: out of memory ({str(error) or 'no more can be had'})", 2)


def _end(line: str, code: int) -> None:
    # Names in it may have line breaks.
    print("\\n".join(line.splitlines()), file=sys.stderr)
    sys.exit(code)
