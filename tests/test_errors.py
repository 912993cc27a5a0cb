"""How a program ends: one line, a code, and nothing half-written."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.tiny import ROOT
from textune.errors import DivergedError, FailedError, UserError, run
from textune.interrupts import Interrupted, Pending, deferred

WRITES = f"""
import resource, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "src")!r})
from textune.errors import run
from textune.io import write_text
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
run(lambda: write_text(Path("metrics/quality.json"), "x" * 10_000))
"""


@pytest.mark.parametrize(
    ("error", "line", "code"),
    [
        (UserError("this is wrong: do that"), "error: this is wrong: do that", 2),
        (FailedError("no connection: try later"), "error: no connection: try later", 1),
        (DivergedError("the loss became nan"), "error: the loss became nan", 2),
        (
            OSError(errno.ENOSPC, "No space left on device", "models/lora"),
            "error: models/lora: No space left on device",
            1,
        ),
        (OSError("a library's\nown words"), "error: a library's own words", 1),
        (MemoryError(), "error: out of memory (no more can be had)", 1),
        (Interrupted(signal.SIGINT), "stopped by Ctrl-C", 130),
        (Interrupted(signal.SIGTERM, "all is kept"), "stopped by SIGTERM: all is kept", 143),
    ],
)
def test_every_end_is_one_line_and_a_code(
    error: BaseException, line: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(SystemExit) as stopped:
        run(fail)
    assert stopped.value.code == code
    assert capsys.readouterr().err == line + "\n"


def test_a_limit_of_file_size_leaves_the_earlier_file(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/quality.json").write_text("before")
    done = subprocess.run(
        [sys.executable, "-c", WRITES], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "error: File too large\n"
    assert [path.read_text() for path in (tmp_path / "metrics").iterdir()] == ["before"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("waits", "told"), [(False, ""), (True, ": a step is kept")])
def test_a_signal_ends_it_at_once_or_after_the_step(
    number: signal.Signals, waits: bool, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(number)

    def main() -> None:
        with deferred() if waits else contextlib.nullcontext(Pending()) as pending:
            os.kill(os.getpid(), number)
            assert waits, "it should have ended"
            pending.done = "a step is kept"

    with pytest.raises(SystemExit) as stopped:
        run(main)
    assert stopped.value.code == 128 + number
    assert capsys.readouterr().err.endswith(f"{told}\n")
    assert signal.getsignal(number) == before


def test_threads_see_the_signal_that_the_main_thread_was_sent() -> None:
    seen = threading.Event()

    def work() -> None:
        with deferred() as pending:
            while not pending:
                time.sleep(0.01)
            seen.set()

    def wait_for_work() -> None:
        with deferred(), ThreadPoolExecutor() as pool:
            done.append(pool.submit(work))
            os.kill(os.getpid(), signal.SIGTERM)
            assert seen.wait(10)

    done: list[Future[None]] = []
    with pytest.raises(Interrupted):
        wait_for_work()
    assert isinstance(done[0].exception(), Interrupted)


def test_without_the_process_that_started_it_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_STAGE", "train_lora@0")
    pending = Pending()
    pending.stop()
    monkeypatch.setattr("os.getppid", lambda: 1)
    with pytest.raises(Interrupted, match="SIGTERM"):
        pending.stop()
    # Without DVC a program may outlive the shell that started it.
    monkeypatch.delenv("DVC_STAGE")
    Pending().stop()
