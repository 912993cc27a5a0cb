"""A contender in a process of its own, which waits while it is another's turn.

So its peak memory is its own, and what one library changes in another stays within.
"""

import gc
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from textune.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.contenders import Entry, Timed

_Result = TypeVar("_Result")

# Loaded once, then shared by all workers that are forked from there.
_PRELOADED = ["datasets", "transformers.trainer", "peft", "adapters", "sklearn.metrics", "dvclive"]


class Worker:
    """The process of one contender, as a context: it ends with the block.

    Its methods raise what the contender raises, and `UserError` if the process dies.
    """

    def __init__(self, entry: "Entry") -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=_context(), initializer=_silence)
        self._entry = entry

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def warm_up(self) -> None:
        """Load the model and train untimed."""
        self._call(_warm_up, self._entry)

    def examples_per_second(self) -> float:
        """One round of the contender."""
        return self._call(_examples_per_second)

    def peak_memory_mib(self) -> float:
        """The most memory the process, or on a GPU torch's allocator, has held so far."""
        return self._call(_peak_memory_mib, self._entry)

    def _call(self, function: "Callable[..., _Result]", *arguments: Any) -> _Result:
        try:
            return self._pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            raise UserError("a process of the benchmark died; is memory short?") from None


def _context() -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    # Asking CUDA itself whether there is a GPU would spoil it for every forked process.
    os.environ.setdefault("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


# What follows runs in the worker's process.

_timed: "Timed"


def _silence() -> None:
    """What the libraries print would break the progress bar."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())


def _warm_up(entry: "Entry") -> None:
    from benchmarks.contenders import enter
    from textune.training.quiet import quieten

    global _timed
    quieten()
    _timed = enter(entry)
    _timed.warm_up()
    gc.collect()


def _examples_per_second() -> float:
    speed = _timed.examples_per_second()
    # Else the next round's model would be made while the last one's is still there.
    gc.collect()
    return speed


def _peak_memory_mib(entry: "Entry") -> float:
    from textune.training.hardware import choose_device, peak_memory_mib

    return peak_memory_mib(choose_device(entry.contender.params.train))
