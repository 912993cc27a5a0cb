"""A run's model written in one of the forms, checked against the run's own, whole or not at all."""

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError

from textune.data.tokenized import PreparedSplit, read_prepared
from textune.errors import FailedError, UserError
from textune.export.card import Loading, model_card
from textune.export.forms import AdaptersForm, Form, PeftForm, TransformersForm, logits_of
from textune.export.onnx_form import Int8OnnxForm, OnnxForm
from textune.io import follow_umask
from textune.modeling.checkpoint import load_checkpoint
from textune.prediction.encoder import Logits, logits_by_length
from textune.prediction.onnx import TOKENS_AT_A_TIME
from textune.report.replacement import cost_of
from textune.report.tables import read_results
from textune.runs.store import Run, RunFolder
from textune.stats.replacement import replacement
from textune.training.quiet import quieten

_FORMS: dict[str, Form] = {
    form.name: form for form in (TransformersForm(), PeftForm(), AdaptersForm(), OnnxForm())
}
_INT8 = "int8"


@dataclass(frozen=True)
class Exported:
    """The error of the largest logit, before 8 bits, and what these cost in words, if wanted."""

    error: float
    quantized: str | None


def form_of(name: str, quantize: str | None) -> Form:
    """The form called `name`. Raises `UserError` if there is none, or it has no 8 bits."""
    if name not in _FORMS:
        raise UserError(f"--format is {name!r}, but it may be {', '.join(_FORMS)}")
    if quantize is None:
        return _FORMS[name]
    if quantize != _INT8:
        raise UserError(f"--quantize is {quantize!r}, but it may be {_INT8}")
    if name != OnnxForm.name:
        raise UserError(f"--quantize is for --format {OnnxForm.name}; leave one of them out")
    return Int8OnnxForm()


def export(run: Path, target: Path, form: Form, metrics: Path, prepared: Path) -> Exported:
    """Write the model of the run in the folder `run` to `target`.

    metrics: the folder with what the card says of it; prepared: that of the data, which only a form
    in 8 bits needs. Raises `UserError` if the model has no such form, or `target` is there and is
    not empty.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target} is there already; name a folder that is not, or is empty")
    quieten()
    made = [folder for folder in target.parents if not folder.exists()]
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        exported = _write(run, draft, form, metrics, prepared)
        follow_umask(draft)
        if target.exists():
            target.rmdir()
        draft.rename(target)
    except SafetensorError as error:
        raise FailedError(f"{target} cannot be written ({' '.join(str(error).split())})") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            # From the innermost; one that somebody else has put something into stays.
            with contextlib.suppress(OSError):
                for folder in made:
                    folder.rmdir()
    return exported


def _write(run: Path, draft: Path, form: Form, metrics: Path, prepared: Path) -> Exported:
    comparison = read_results(metrics)
    decided = RunFolder(run).read().decided(comparison.decision)
    # Writing takes the model apart.
    checkpoint, reference = load_checkpoint(run), load_checkpoint(run)
    form.write(checkpoint, draft)
    tokenizer = checkpoint.tokenizer
    tokenizer.model_max_length = checkpoint.max_length
    tokenizer.save_pretrained(draft)
    error = largest_difference(
        logits_of(reference.model),
        form.load(draft),
        len(tokenizer),
        min(checkpoint.max_length, 128),
    )
    if error > form.tolerance:
        raise FailedError(
            f"the exported model is another one: a logit differs by {error:.1g}; nothing is kept."
            " Please report this, with the versions of transformers and peft"
        )
    quantized = None
    if isinstance(form, Int8OnnxForm):
        test = _test_of(decided, prepared)
        form.quantize(draft)
        logits = logits_by_length(form.load(draft), test, tokenizer.pad_token_id, TOKENS_AT_A_TIME)
        predicted = decided.task.decide(decided.task.activate(logits), decided.weights)
        cost = replacement(decided, predicted, comparison)
        quantized = cost_of(cost, "In 8 bits", comparison)
    loading = Loading(form.code(checkpoint), form.using, form.packages, form.note)
    card = model_card(decided, loading, quantized, metrics)
    card.save(draft / "README.md")
    return Exported(error, quantized)


def largest_difference(own: Logits, other: Logits, tokens: int, length: int) -> float:
    """The largest difference of logits, of random texts of up to `length` tokens, some padded.

    tokens: the number of different tokens.
    """
    random = torch.Generator().manual_seed(0)
    differences = []
    for size in {2, min(9, length), min(33, length)}:
        ids = torch.randint(tokens, (3, size), generator=random)
        lengths = torch.tensor([[size], [max(1, size // 2)], [size]])
        batch = {"input_ids": ids, "attention_mask": (torch.arange(size) < lengths).long()}
        differences.append(float(np.abs(own(batch) - other(batch)).max()))
    return max(differences)


def _test_of(run: Run, prepared: Path) -> PreparedSplit:
    """The test split that the run was scored on. Raises `UserError` if it is another now."""
    data, own = read_prepared(prepared), run.predictions["test"]
    assert data.test is not None
    same = data.test.row_ids == own.row_ids and np.array_equal(data.test.labels, own.labels)
    if not same or data.digest(of_texts=True) != run.record.data["sha256"]:
        raise UserError(
            f"{prepared} is not the data of the run, on which {_INT8} would be measured; run"
            " `dvc repro`"
        )
    return data.test
