"""The contenders take turns, round by round, so that the machine's drift hits all alike."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.contenders import Entry
from benchmarks.plan import Cell, Contender, Plan
from benchmarks.results import Speed
from benchmarks.sample import Sample, model_params, read_corpus, sample_texts, write_sample
from benchmarks.worker import Worker
from textune.params import Params

# By method, as not everything has a part in each.
Contenders = Mapping[str, Sequence[Contender]]


def measure(
    plan: Plan,
    contenders: Contenders,
    params: Params,
    data: Path | None,
    tick: Callable[[str], None],
) -> list[Speed]:
    """Measure every cell of `plan` on the texts of `data`, or of `params` without.

    `tick` is told of each turn, before it begins. Raises `UserError` if the data set is not there.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tick("reading the data")
        corpus = read_corpus(params, data)
        texts = sample_texts(corpus, params)
        samples: dict[str, Sample] = {}
        speeds: list[Speed] = []
        for cell in plan.cells:
            if cell.model not in samples:
                model = model_params(cell.model, params.model.max_length, folder)
                place = folder / f"sample{len(samples)}"
                samples[cell.model] = write_sample(place, params, model, corpus.label_names, texts)
            sample = samples[cell.model]
            speeds += _measure_cell(cell, plan, contenders[cell.method], sample, tick)
    return speeds


def turns(plan: Plan, contenders: Contenders) -> int:
    """How often `measure` calls `tick`."""
    return 1 + sum(len(contenders[cell.method]) * (plan.rounds + 1) for cell in plan.cells)


def alternate(
    names: Sequence[str], rounds: int, turn: Callable[[str], float]
) -> dict[str, list[float]]:
    """What `turn` gives for each name in each round; each round another one begins."""
    results: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in [*names[first:], *names[:first]]:
            results[name].append(turn(name))
    return results


def _measure_cell(
    cell: Cell,
    plan: Plan,
    contenders: Sequence[Contender],
    sample: Sample,
    tick: Callable[[str], None],
) -> list[Speed]:
    with ExitStack() as stack:
        workers: dict[str, Worker] = {}
        for contender in contenders:
            tick(f"{cell.model} {cell.method}: warming up {contender.name}")
            examples = plan.study_examples if contender.kind == "study" else plan.examples
            worker = Worker(Entry(contender, cell.method, sample, examples))
            workers[contender.name] = stack.enter_context(worker)
            worker.warm_up()

        def turn(name: str) -> float:
            tick(f"{cell.model} {cell.method}: {name}")
            return workers[name].examples_per_second()

        rounds = alternate(list(workers), plan.rounds, turn)
        return [
            Speed(
                cell,
                contender.name,
                rounds[contender.name],
                sample.mean_tokens,
                None if contender.kind == "roofline" else workers[contender.name].peak_memory_mib(),
            )
            for contender in contenders
        ]
