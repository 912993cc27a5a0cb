"""Ctrl-C, and being told to end: a signal becomes one exception, at once or at the next step."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BY = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class Interrupted(BaseException):
    """The program was told to end. `done` says what is kept; no `except Exception` stops this."""

    def __init__(self, number: int, done: str = "") -> None:
        super().__init__(number, done)
        self.number, self.done = number, done

    @property
    def exit_code(self) -> int:
        """What a shell shows for a program that this signal ended."""
        return 128 + self.number

    def __str__(self) -> str:
        by = _BY.get(signal.Signals(self.number), self.number)
        return f"stopped by {by}{self.done and ': '}{self.done}"


# The innermost last.
_PENDING: list["Pending"] = []


class Pending:
    """A signal that came within `deferred`, if there was one.

    What a stage makes whose DVC was killed is of no use: DVC would start it again beside it. So
    that counts as a signal to end. `done` is what the line about the end says is kept.
    """

    def __init__(self) -> None:
        self.done = ""
        self._number: int | None = None
        self._since = 0.0
        # DVC names the stage that it runs.
        self._parent = os.getppid() if "DVC_STAGE" in os.environ else None

    def note(self, number: int, frame: FrameType | None = None) -> None:
        """The handler of the signals."""
        self._number, self._since = number, time.monotonic()

    def __bool__(self) -> bool:
        if self._number is None and self._parent not in (None, os.getppid()):
            self.note(signal.SIGTERM)
        return self._number is not None

    @property
    def seconds(self) -> float:
        """Since the signal; 0 without one."""
        return time.monotonic() - self._since if self else 0.0

    def stop(self) -> None:
        """Raise `Interrupted` if there was a signal."""
        if self and self._number is not None:
            raise Interrupted(self._number, self.done)


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Within, a signal raises `Interrupted` wherever the program is."""

    def stop(number: int, frame: FrameType | None) -> None:
        # A second signal must not end what cleans up after the first.
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise Interrupted(number)

    with _handled_by(stop):
        yield


@contextlib.contextmanager
def deferred() -> Iterator[Pending]:
    """Within, signals wait until somebody looks at what this gives, or for the end of it.

    Other threads are given the main thread's, as signals reach that one only.
    """
    if _PENDING and not _in_main_thread():
        pending = _PENDING[-1]
        yield pending
    else:
        pending = Pending()
        _PENDING.append(pending)
        try:
            with _handled_by(pending.note):
                yield pending
        finally:
            _PENDING.remove(pending)
    pending.stop()


@contextlib.contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # Only the main thread may set handlers; elsewhere they stay as they are.
    ours = _SIGNALS if _in_main_thread() else ()
    before = {number: signal.signal(number, handler) for number in ours}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
