"""A contender in a process of its own, which sleeps while it is another's turn.

So its peak memory is its own, and what one library changes in another stays within.
"""

import gc
import multiprocessing
import os
import sys
import tempfile
import traceback
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from textune.bench.contenders import Contender, Entry
from textune.errors import UserError

# Loaded once, then shared by all workers that are forked from there.
_PRELOADED = ["datasets", "transformers.trainer", "peft", "adapters", "sklearn.metrics", "dvclive"]


class Worker:
    """The process of one contender, as a context: it ends with the block."""

    def __init__(self, entry: Entry) -> None:
        context = _context()
        self._connection, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, entry), daemon=True)
        self._process.start()
        other.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        if error is not None:
            self._process.terminate()
        self._process.join()

    def warm_up(self) -> None:
        """Load the model and train untimed. Raises what the worker raised."""
        self._ask("warm_up")

    def tweets_per_second(self) -> float:
        """One round of the contender. Raises what the worker raised."""
        return float(self._ask("tweets_per_second"))

    def peak_memory_mib(self) -> float:
        """The most memory the process, or on a GPU torch's allocator, has held so far."""
        return float(self._ask("peak_memory_mib"))

    def _ask(self, question: str) -> Any:
        try:
            self._connection.send(question)
            told, answer = self._connection.recv()
        except (EOFError, BrokenPipeError):
            self._process.join()
            code = self._process.exitcode
            raise UserError(
                f"a worker of the benchmark died (exit code {code}); is memory short?"
            ) from None
        if told == "mistake":
            raise UserError(answer)
        if told == "failure":
            raise RuntimeError(answer)
        return answer


def _context() -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    # Asking CUDA itself whether there is a GPU would spoil it for every forked process.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _serve(connection: Connection, entry: Entry) -> None:
    """Answer questions until the other end is closed."""
    contender: Contender | None = None
    with tempfile.TemporaryFile() as log:
        # What the libraries print would break the progress bar.
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
        while True:
            try:
                question = connection.recv()
            except EOFError:
                return
            try:
                contender = contender or _enter(entry)
                connection.send(("answer", _answer(contender, question)))
            except UserError as mistake:
                connection.send(("mistake", str(mistake)))
            except Exception:
                connection.send(("failure", traceback.format_exc()))


def _enter(entry: Entry) -> Contender:
    from textune.bench.contenders import enter
    from textune.training.quiet import quieten

    quieten()
    return enter(entry)


def _answer(contender: Contender, question: str) -> float | None:
    if question == "peak_memory_mib":
        from textune.training.hardware import peak_memory_mib

        return peak_memory_mib()
    answer: float | None = getattr(contender, question)()
    # Else the next round's model would be made while the last one's is still there.
    gc.collect()
    return answer
