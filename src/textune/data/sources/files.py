"""A folder in TweetEval's layout: `<split>_text.txt` and `<split>_labels.txt` with a row a line,
and `mapping.txt` with a label's number and name a line; the splits are train, val and test."""

from pathlib import Path

import pandas as pd

from textune.config.sections import DataParams
from textune.data.arrow import strings
from textune.data.corpus import Corpus
from textune.errors import UserError
from textune.tasks.base import Task

_FILE_NAMES = {"train": "train", "validation": "val", "test": "test"}


def read(params: DataParams, task: Task) -> Corpus:
    """The data set in `data.path`. Raises `UserError` that names the file and line at fault."""
    folder = Path(params.path)
    if not folder.is_dir():
        raise UserError(
            f"data.path: {folder} is not a folder; copy one in TweetEval's layout to"
            " data/raw/<name>, run `dvc add data/raw/<name>` and set data.path to it"
        )
    return read_folder(folder)


def read_folder(folder: Path) -> Corpus:
    """The data set in `folder`. Raises `UserError` as `read` does."""
    label_names = _read_mapping(folder / "mapping.txt")
    tables = {
        split: _read_split(folder, name, len(label_names)) for split, name in _FILE_NAMES.items()
    }
    return Corpus(label_names, tables)


def _read_mapping(path: Path) -> list[str]:
    names = []
    for number, line in enumerate(_lines(path)):
        index, _, name = line.partition("\t")
        if index != str(number) or not name.strip():
            raise UserError(f"{path}:{number + 1} is {line!r}; it should be '{number}<tab><name>'")
        names.append(name.strip())
    if len(set(names)) < max(2, len(names)):
        raise UserError(f"{path} names {len(names)} labels; it needs two or more, each once")
    return names


def _read_split(folder: Path, name: str, label_count: int) -> pd.DataFrame:
    text_path, label_path = folder / f"{name}_text.txt", folder / f"{name}_labels.txt"
    texts, labels = _lines(text_path), _lines(label_path)
    if len(texts) != len(labels):
        raise UserError(f"{text_path} has {len(texts)} lines, {label_path} {len(labels)}")
    known = {str(label): label for label in range(label_count)}
    for number, label in enumerate(labels, start=1):
        if label.strip() not in known:
            raise UserError(
                f"{label_path}:{number} is {label!r}; mapping.txt has 0 to {label_count - 1}"
            )
    return pd.DataFrame(
        {
            "row_id": strings(f"{name}:{number}" for number in range(1, len(texts) + 1)),
            "text": strings(texts),
            "label": [known[label.strip()] for label in labels],
        }
    )


def _lines(path: Path) -> list[str]:
    """The lines of a text file. Only line feeds end a line: tweets hold other separators."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path} is missing; TweetEval's layout has it") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UserError(f"{path}:{line} is not UTF-8; convert the file") from None
    return text.removesuffix("\n").split("\n") if text else []
