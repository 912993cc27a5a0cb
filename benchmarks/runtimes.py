"""The ways of predicting that are compared, each as it runs in a process of its own.

Nothing heavy is imported before a process needs it: what a runtime takes in time and memory is its
own.
"""

import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from textune.config.sections import ModelParams
    from textune.modeling.checkpoint import Checkpoint

# Numbers of classes, of texts.
Classify = Callable[[list[str]], list[int]]
# As `textune.prediction.onnx` has it, whose imports are not this runtime's.
_TOKENS_AT_A_TIME = 1024


@dataclass(frozen=True)
class Source:
    """A model: that of a run, or one with a random head, which serves to measure time."""

    run: Path | None
    model: "ModelParams | None"
    label_names: list[str]

    def checkpoint(self) -> "Checkpoint":
        """The model, loaded."""
        from textune.modeling.checkpoint import Checkpoint, load_checkpoint

        if self.run is not None:
            return load_checkpoint(self.run)
        from textune.modeling.methods.full import Full
        from textune.modeling.pretrained import load_classifier
        from textune.modeling.tokenizer import load_tokenizer

        assert self.model is not None
        classifier = load_classifier(self.model, self.label_names, seed=0)
        return Checkpoint(
            Full.model_construct(method="full"),
            classifier,
            classifier.model,
            load_tokenizer(self.model),
            self.label_names,
            self.model.max_length,
        )


@dataclass(frozen=True)
class Places:
    """The model as it is, and its exports: for transformers, as ONNX, and as ONNX in 8 bits.

    length: how many tokens it reads.
    """

    source: Source
    plain: Path
    onnx: Path
    int8: Path
    length: int


Name = Literal[
    "pipeline", "pipeline of 32", "textune bf16", "textune fp32", "ONNX fp32", "ONNX int8"
]
NAMES: tuple[Name, ...] = get_args(Name)


class Process:
    """A runtime in a new process, as a context."""

    def __init__(self, name: Name, places: Places) -> None:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self._name, self._places = name, places

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def start(self, text: str) -> float:
        """Import, load, and predict one text; the seconds that it takes."""
        return self._pool.submit(_start, self._name, self._places, text).result()

    def classify(self, texts: list[str]) -> tuple[float, list[int]]:
        """Seconds, and the numbers of the texts' classes."""
        return self._pool.submit(_classify, texts).result()

    def peak_memory_mib(self) -> int | None:
        """The most that the process has held; None where the system does not say."""
        return self._pool.submit(_peak_memory_mib).result()


# What follows runs in the runtime's process.

_classes: Classify


def _start(name: Name, places: Places, text: str) -> float:
    global _classes
    start = time.perf_counter()
    made: dict[Name, Callable[[], Classify]] = {
        "pipeline": partial(_pipeline, places.plain, 1),
        "pipeline of 32": partial(_pipeline, places.plain, 32),
        "textune bf16": partial(_textune, places.source, "bf16"),
        "textune fp32": partial(_textune, places.source, "fp32"),
        "ONNX fp32": partial(_onnx, places.onnx, places.length),
        "ONNX int8": partial(_onnx, places.int8, places.length),
    }
    _classes = made[name]()
    _classes([text])
    return time.perf_counter() - start


def _classify(texts: list[str]) -> tuple[float, list[int]]:
    start = time.perf_counter()
    classes = _classes(texts)
    return time.perf_counter() - start, classes


def _peak_memory_mib() -> int | None:
    status = Path("/proc/self/status")
    found = status.exists() and re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) // 2**10 if found else None


def _pipeline(folder: Path, batch_size: int) -> Classify:
    from transformers import pipeline

    classifier = pipeline("text-classification", model=str(folder), device="cpu")
    numbers: dict[str, int] = classifier.model.config.label2id or {}

    def classes(texts: list[str]) -> list[int]:
        said = classifier(texts, truncation=True, batch_size=batch_size)
        return [numbers[one["label"]] for one in said]

    return classes


def _textune(source: Source, precision: Literal["bf16", "fp32"]) -> Classify:
    from textune.config.sections import FastParams
    from textune.prediction.encoder import EncoderModel
    from textune.training.quiet import quieten

    quieten()
    fast = FastParams.model_validate(dict.fromkeys(FastParams.model_fields, True))
    model = EncoderModel(source.checkpoint(), fast, "cpu", precision)
    return lambda texts: model.outputs(texts).argmax(axis=1).tolist()


def _onnx(folder: Path, length: int) -> Classify:
    """By ONNX Runtime alone, as the model card does, texts of like length together."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(length)
    tokenizer.no_padding()
    session: Any = onnxruntime.InferenceSession(folder / "model.onnx")

    def classes(texts: list[str]) -> list[int]:
        found = np.empty(len(texts), np.int64)
        ids = [one.ids for one in tokenizer.encode_batch(texts)]
        lengths = np.array([len(one) for one in ids])
        order, start = np.argsort(-lengths, kind="stable"), 0
        while start < len(order):
            longest = lengths[order[start]]
            some = order[start : start + max(1, _TOKENS_AT_A_TIME // longest)]
            mask = (np.arange(longest) < lengths[some, None]).astype(np.int64)
            padded = np.zeros(mask.shape, np.int64)
            padded[mask == 1] = np.concatenate([ids[number] for number in some])
            (logits,) = session.run(None, {"input_ids": padded, "attention_mask": mask})
            found[some] = logits.argmax(axis=1)
            start += len(some)
        return found.tolist()

    return classes
