"""How fast a trained model predicts, by what runs it: side by side, with what each one loses."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow.parquet as pq

from benchmarks.results import RuntimeFigures
from benchmarks.rounds import alternate
from benchmarks.runtimes import NAMES, Name, Places, Process, Source
from benchmarks.sample import model_params
from textune.export.forms import TransformersForm
from textune.export.onnx_form import Int8OnnxForm, OnnxForm
from textune.params import Params
from textune.pipeline.paths import METRICS, MODELS, PREPARED
from textune.report.tables import read_results
from textune.runs.store import RunFolder
from textune.stats.replacement import replacement

BASE: Name = "pipeline of 32"
# A larger model takes four times as long.
_TEXTS = {"minilm": 2000, "distilbert": 500}
_QUICK_TEXTS = 100


def measure(
    params: Params, method: str, quick: bool, tick: Callable[[str], None]
) -> Iterator[RuntimeFigures]:
    """The first seed's model of `method` in models/, and one of DistilBERT's size.

    `tick` is told of each step before it begins. Raises `UserError` if the model is not there.
    """
    run = RunFolder.of(MODELS, method, params.train.seeds[0])
    names = run.read_usable().label_names
    texts = pq.read_table(PREPARED / "test.parquet", columns=["text"])["text"].to_pylist()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        other = model_params("distilbert", params.model.max_length, folder)
        sources = {
            "minilm": Source(run.path, None, names),
            "distilbert": Source(None, other, names),
        }
        for model, source in sources.items():
            tick(f"{model}: exporting")
            places = _export(source, folder / model)
            timed = texts[: _QUICK_TEXTS if quick else _TEXTS[model]]
            every = timed if quick else texts
            yield from _measure(model, places, timed, every, 1 if quick else 5, tick)


def steps(quick: bool) -> int:
    """How often `measure` calls `tick`."""
    return 2 * (1 + len(NAMES) * (2 + (1 if quick else 5)))


def _export(source: Source, folder: Path) -> Places:
    places = Places(
        source,
        folder / "plain",
        folder / "onnx",
        folder / "int8",
        length=source.checkpoint().max_length,
    )
    for form, target in (
        (TransformersForm(), places.plain),
        (OnnxForm(), places.onnx),
        (Int8OnnxForm(), places.int8),
    ):
        target.mkdir(parents=True)
        checkpoint = source.checkpoint()
        form.write(checkpoint, target)
        checkpoint.tokenizer.model_max_length = places.length
        checkpoint.tokenizer.save_pretrained(target)
        if isinstance(form, Int8OnnxForm):
            form.quantize(target)
    return places


def _measure(
    model: str,
    places: Places,
    timed: list[str],
    texts: list[str],
    rounds: int,
    tick: Callable[[str], None],
) -> Iterator[RuntimeFigures]:
    with ExitStack() as stack:
        started: dict[str, Process] = {}
        seconds: dict[str, float] = {}
        for name in NAMES:
            tick(f"{model}: starting {name}")
            started[name] = stack.enter_context(Process(name, places))
            seconds[name] = started[name].start(timed[0])
            # What is compiled or measured at first use is no part of a round.
            started[name].classify(timed[:64])

        def turn(name: str) -> float:
            tick(f"{model}: {name}")
            return len(timed) / started[name].classify(timed)[0]

        speeds = alternate(list(NAMES), rounds, turn)
        base = median(speeds[BASE])
        for name in NAMES:
            tick(f"{model}: {name} on test")
            memory = started[name].peak_memory_mib()
            figures = RuntimeFigures(
                model=model,
                runtime=name,
                texts_per_second=round(median(speeds[name]), 1),
                texts_per_second_low=round(min(speeds[name]), 1),
                texts_per_second_high=round(max(speeds[name]), 1),
                ratio=round(median(speeds[name]) / base, 2),
                start_seconds=round(seconds[name], 2),
                peak_memory_mib=memory,
            )
            # With --quick no more texts are there than those that are timed.
            if places.source.run is not None and len(texts) > len(timed):
                _, classes = started[name].classify(texts)
                figures = _with_losses(figures, places.source.run, classes)
            yield figures


def _with_losses(figures: RuntimeFigures, run: Path, classes: list[int]) -> RuntimeFigures:
    comparison = read_results(METRICS).model_copy(update={"metric": "accuracy"})
    cost = replacement(RunFolder(run).read(), np.array(classes), comparison)
    return replace(
        figures,
        accuracy=round(cost.other, 4),
        difference=round(cost.difference, 5),
        difference_low=round(cost.interval.low, 5),
        difference_high=round(cost.interval.high, 5),
        changed=round(cost.changed, 4),
        within_margin=cost.within_margin,
    )
