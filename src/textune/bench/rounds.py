"""The contenders take turns, round by round, so that the machine's drift hits all alike."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from textune.bench.contenders import Entry
from textune.bench.plan import CONTENDERS, Cell, Plan
from textune.bench.sample import Sample, model_params, read_corpus, sample_texts, write_sample
from textune.bench.worker import Worker
from textune.params import Params


@dataclass(frozen=True)
class Speed:
    """A contender's tweets a second in each round, and its peak memory where it has one.

    `tokens` is the mean of a tweet, padding not counted.
    """

    cell: Cell
    contender: str
    rounds: list[float]
    tokens: float
    peak_memory_mib: float | None

    @property
    def tweets_per_second(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)


def measure(
    plan: Plan,
    params: Params,
    data: Path | None,
    tick: Callable[[str], None],
    contenders: Sequence[str] = CONTENDERS,
) -> list[Speed]:
    """Measure every cell of `plan` on the texts of `data`, or of `params` without.

    `tick` hears of each turn, before it begins. Raises `UserError` if the data set is not there.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tick("reading the data")
        corpus = read_corpus(params.data, data)
        texts = sample_texts(corpus, params)
        samples: dict[str, Sample] = {}
        speeds: list[Speed] = []
        for cell in plan.cells:
            if cell.model not in samples:
                model = model_params(cell.model, params.model.max_length, folder)
                place = folder / f"rows{len(samples)}"
                samples[cell.model] = write_sample(place, model, corpus.label_names, texts)
            speeds += _measure_cell(cell, plan, params, samples[cell.model], tick, contenders)
    return speeds


def turns(plan: Plan, contenders: Sequence[str] = CONTENDERS) -> int:
    """How often `measure` calls `tick`."""
    return 1 + len(plan.cells) * len(contenders) * (plan.rounds + 1)


def alternate(
    contenders: Sequence[str], rounds: int, turn: Callable[[str], float]
) -> dict[str, list[float]]:
    """What `turn` gives for each contender in each round; each round another one begins."""
    found: dict[str, list[float]] = {contender: [] for contender in contenders}
    for number in range(rounds):
        first = number % len(contenders)
        for contender in [*contenders[first:], *contenders[:first]]:
            found[contender].append(turn(contender))
    return found


def _measure_cell(
    cell: Cell,
    plan: Plan,
    params: Params,
    sample: Sample,
    tick: Callable[[str], None],
    contenders: Sequence[str],
) -> list[Speed]:
    values: dict[str, Any] = params.model_copy(update={"model": sample.model}).model_dump()
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for contender in contenders:
            tick(f"{cell.model} {cell.method}: warming up {contender}")
            rows = plan.study_rows if contender == "study" else plan.rows
            entry = Entry(contender, cell.method, values, sample.folder, rows, sample.tokens)
            workers[contender] = stack.enter_context(Worker(entry))
            workers[contender].warm_up()

        def turn(contender: str) -> float:
            tick(f"{cell.model} {cell.method}: {contender}")
            return workers[contender].tweets_per_second()

        found = alternate(contenders, plan.rounds, turn)
        return [
            Speed(
                cell,
                contender,
                found[contender],
                sample.tokens,
                None if contender == "roofline" else worker.peak_memory_mib(),
            )
            for contender, worker in workers.items()
        ]
