"""A run's model written in one of the forms, checked against the run's own, whole or not at all."""

import os
import shutil
from pathlib import Path

from textune.errors import UserError
from textune.export.card import Loading, model_card
from textune.export.forms import FORMS, largest_difference
from textune.modeling.checkpoint import load_checkpoint
from textune.modeling.methods.base import EncoderMethod
from textune.modeling.methods.registry import method_class
from textune.runs.store import RunFolder
from textune.training.quiet import quieten

_TOLERANCE = 1e-4


def export(run: Path, target: Path, form: str, metrics: Path) -> float:
    """Write the model of the run in the folder `run` to `target`; the largest error of a logit.

    metrics: the folder with what the card says of it. Raises `UserError` if it has no such form, or
    `target` is there and is not empty.
    """
    if form not in FORMS:
        raise UserError(f"--format is {form!r}, but it may be {', '.join(FORMS)}")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target} is there already; name a folder that is not, or is empty")
    quieten()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        error = _write(run, draft, form, metrics)
        if target.exists():
            target.rmdir()
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return error


def _write(run: Path, draft: Path, form: str, metrics: Path) -> float:
    # Writing takes the model apart.
    checkpoint, reference = load_checkpoint(run), load_checkpoint(run)
    record = RunFolder(run).read_usable()
    chosen = FORMS[form]
    loading = Loading(chosen.code(checkpoint), chosen.packages, chosen.note)
    card = model_card(RunFolder(run).read(), loading, metrics)
    kind = method_class(record.method, f"{run}: method")
    method = kind.model_validate(record.params["method"])
    assert isinstance(method, EncoderMethod)
    chosen.write(checkpoint, method, draft)
    card.save(draft / "README.md")
    tokenizer = checkpoint.tokenizer
    tokenizer.model_max_length = checkpoint.max_length
    tokenizer.save_pretrained(draft)
    loaded = chosen.load(draft)
    error = largest_difference(
        reference.model, loaded, len(tokenizer), min(checkpoint.max_length, 128)
    )
    if error > _TOLERANCE:
        raise UserError(
            f"the exported model is another one: a logit differs by {error:.1g}; nothing is kept."
            " Please report this, with the versions of transformers and peft"
        )
    return error
