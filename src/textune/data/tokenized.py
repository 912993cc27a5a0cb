"""The folder data/prepared: what `prepare` writes and the train stages read."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from textune.config.sections import Cleaning
from textune.data.corpus import SPLITS
from textune.errors import UserError
from textune.io import write_json

_ABOUT = "about.json"
_RESAMPLING = 1
_DRAWS = 100


@dataclass(frozen=True)
class StoredTexts:
    """Texts that are read when they are asked for: those of some rows of a Parquet file."""

    path: Path
    rows: np.ndarray

    def read(self) -> list[str]:
        """The texts, in the order of `rows`."""
        column = pq.read_table(self.path, columns=["text"])["text"]
        texts: list[str] = column.take(pa.array(self.rows)).to_pylist()
        return texts


@dataclass(frozen=True)
class PreparedSplit:
    """The n examples of one split.

    labels: (n,) int64. tokens: ids of all examples in one int32 array, special tokens included;
    example i has the `lengths[i]` of them from `offsets[i]` on. groups: (n,) names as str objects;
    None without `data.group_column`. stored: the texts.
    """

    row_ids: list[str]
    labels: np.ndarray
    tokens: np.ndarray
    offsets: np.ndarray
    lengths: np.ndarray
    groups: np.ndarray | None = None
    stored: StoredTexts | None = None

    @classmethod
    def of_tokens(cls, ids: pa.ListArray) -> "PreparedSplit":
        """Examples without labels, with the numbers from 0 on as ids: texts to be predicted."""
        n = len(ids)
        return cls(
            row_ids=[str(number) for number in range(n)],
            labels=np.zeros(n, np.int64),
            tokens=ids.values.to_numpy(),
            offsets=ids.offsets.to_numpy()[:-1],
            lengths=ids.value_lengths().to_numpy(),
        )

    def __len__(self) -> int:
        return len(self.row_ids)

    def texts(self) -> list[str]:
        """The n texts, as they were cleaned. Raises ValueError if they were not stored."""
        if self.stored is None:
            raise ValueError("these examples have no texts")
        return self.stored.read()

    def by_length(self) -> np.ndarray:
        """(n,) numbers of the examples, the shortest first."""
        return np.argsort(self.lengths, kind="stable")

    def sample(self, size: int, seed: int) -> "PreparedSplit":
        """At most `size` examples, drawn at random."""
        chosen = np.random.default_rng(seed).permutation(len(self))[:size]
        return self.take(np.sort(chosen))

    def take(self, numbers: np.ndarray) -> "PreparedSplit":
        """The examples with these numbers, in this order."""
        row_ids = [self.row_ids[number] for number in numbers]
        return PreparedSplit(
            row_ids,
            self.labels[numbers],
            self.tokens,
            self.offsets[numbers],
            self.lengths[numbers],
            None if self.groups is None else self.groups[numbers],
            self.stored and StoredTexts(self.stored.path, self.stored.rows[numbers]),
        )

    def resampled(self, seed: int) -> "PreparedSplit":
        """Examples drawn with replacement, in the order of their numbers; every label stays.

        Without groups each label keeps its number of examples. With groups as many groups are drawn
        as there are, each with all of its examples, so about n examples. The same seed always gives
        the same draw. Raises `UserError` if groups give no draw that has every label.
        """
        # Batches are drawn from the seed itself; this is another stream.
        random = np.random.default_rng([seed, _RESAMPLING])
        if self.groups is None:
            of_labels = [np.flatnonzero(self.labels == label) for label in np.unique(self.labels)]
            drawn = [random.choice(numbers, len(numbers)) for numbers in of_labels]
            return self.take(np.sort(np.concatenate(drawn)))
        names, group = np.unique(self.groups, return_inverse=True)
        for _ in range(_DRAWS):
            times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
            numbers = np.repeat(np.arange(len(self)), times[group])
            if len(np.unique(self.labels[numbers])) == len(np.unique(self.labels)):
                return self.take(numbers)
        raise UserError(
            f"train.resample: {_DRAWS} draws of train's {len(names)} groups each lack a label, as a"
            " label is in too few groups; set it to false, or data.group_column to null"
        )


@dataclass(frozen=True)
class Prepared:
    """The splits, the names of the labels by number, and how texts were cleaned.

    A search goes without test.
    """

    label_names: list[str]
    cleaning: Cleaning
    train: PreparedSplit
    validation: PreparedSplit
    test: PreparedSplit | None

    def summary(self) -> dict[str, Any]:
        """What a run says of its data: by split the examples of each class, digest, cleaning."""
        splits = {"train": self.train, "validation": self.validation, "test": self.test}
        classes = len(self.label_names)
        examples = {
            name: np.bincount(split.labels, minlength=classes).tolist()
            for name, split in splits.items()
            if split is not None
        }
        cleaning = self.cleaning.model_dump()
        return {"examples": examples, "sha256": self.digest(of_texts=True), "cleaning": cleaning}

    def digest(self, of_texts: bool = False) -> str:
        """SHA-256 of the tokens (or the texts) and labels of train and validation, in hex."""
        digest = hashlib.sha256()
        for split in (self.train, self.validation):
            texts = split.texts() if of_texts else None
            for number, label in enumerate(split.labels):
                if texts is None:
                    start = split.offsets[number]
                    digest.update(split.tokens[start : start + split.lengths[number]].tobytes())
                else:
                    digest.update(texts[number].encode("utf-8", "surrogatepass"))
                digest.update(b"%d" % label)
        return digest.hexdigest()


def write_prepared(
    folder: Path, label_names: list[str], tables: dict[str, pd.DataFrame], cleaning: Cleaning
) -> None:
    """Write the splits, all or none, in place of what stood in `folder`.

    A table has the columns `row_id`, `text`, `label`, `token_ids` and perhaps `group`. cleaning:
    how the texts were cleaned.
    """
    draft = folder.with_name(f".{folder.name}")
    # Left by a process that was killed.
    shutil.rmtree(draft, ignore_errors=True)
    try:
        _write(draft, tables)
        about = {"label_names": label_names, "cleaning": cleaning.model_dump()}
        write_json(draft / _ABOUT, about)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read_prepared(folder: Path = Path("data/prepared"), with_test: bool = True) -> Prepared:
    """Read the folder; test is not opened unless wanted. Raises `UserError` if it is not there."""
    names = SPLITS if with_test else ("train", "validation")
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        splits = {name: _read_split(folder / f"{name}.parquet") for name in names}
    except FileNotFoundError as error:
        raise UserError(f"{error.filename or folder} is missing; run `dvc repro prepare`") from None
    return Prepared(
        about["label_names"],
        Cleaning.model_validate(about["cleaning"]),
        splits["train"],
        splits["validation"],
        splits.get("test"),
    )


def _write(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    folder.mkdir(parents=True)
    for name, table in tables.items():
        columns = {
            "row_id": pa.array(table["row_id"], pa.string()),
            "text": pa.array(table["text"], pa.large_string()),
            "label": pa.array(table["label"], pa.int64()),
            "token_ids": pa.array(table["token_ids"], pa.list_(pa.int32())),
        }
        if "group" in table:
            columns["group"] = pa.array(table["group"], pa.large_string())
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def _read_split(path: Path) -> PreparedSplit:
    wanted = {"row_id", "label", "token_ids", "group"}
    file = pq.ParquetFile(path)
    columns = file.read(columns=[name for name in file.schema_arrow.names if name in wanted])
    ids = columns["token_ids"].combine_chunks()
    return PreparedSplit(
        row_ids=columns["row_id"].to_pylist(),
        labels=columns["label"].to_numpy(),
        tokens=ids.values.to_numpy(),
        offsets=ids.offsets.to_numpy()[:-1],
        lengths=ids.value_lengths().to_numpy(),
        groups=(
            np.array(columns["group"].to_pylist(), object)
            if "group" in columns.column_names
            else None
        ),
        stored=StoredTexts(path, np.arange(len(columns))),
    )
