"""What checkpoints cost: the time that training waits for them, and their size."""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from textune.data.tokenized import Prepared
from textune.params import Params
from textune.pipeline.learners import make_learner
from textune.training.checkpoints import Checkpoint


@dataclass(frozen=True)
class Waiting:
    """One training. seconds: of it, validation and checkpoints too; waited: for checkpoints."""

    method: str
    seconds: float
    waited: float
    written: int
    bytes: int


def waiting(params: Params, names: list[str], data: Prepared, seed: int) -> Iterator[Waiting]:
    """Train each method once, with a cache of its own, so that nothing is gone on with."""
    write = Checkpoint.write
    waits: list[float] = []
    sizes: list[int] = []

    def timed(self: Checkpoint, *args: Any, **kwargs: Any) -> None:
        start = time.perf_counter()
        write(self, *args, **kwargs)
        waits.append(time.perf_counter() - start)
        sizes.append(sum(file.stat().st_size for file in self.folder.iterdir()))

    for name in names:
        waits.clear()
        sizes.clear()
        with (
            tempfile.TemporaryDirectory() as cache,
            patch.dict(os.environ, TEXTUNE_CACHE=cache),
            patch.object(Checkpoint, "write", timed),
        ):
            learner = make_learner(params, name, data, seed, resumes=True)
            learner.start()
            start = time.perf_counter()
            learner.fit()
            seconds = time.perf_counter() - start
        yield Waiting(name, seconds, sum(waits), len(waits), max(sizes))


def table(rows: list[Waiting]) -> str:
    """As Markdown."""
    lines = [
        "| method | training, s | checkpoints | the largest, MB | waited for them, s | share |",
        "| :-- | --: | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {row.method} | {row.seconds:.0f} | {row.written} | {row.bytes / 1e6:.1f}"
        f" | {row.waited:.2f} | {row.waited / row.seconds:.1%} |"
        for row in rows
    ]
    return "\n".join(lines)
