"""What one model predicts for one split, as a Parquet file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from textune.errors import UserError

SCHEMA = pa.schema(
    [
        ("row_id", pa.string()),
        ("label", pa.int64()),
        ("probabilities", pa.list_(pa.float32())),
    ]
)
_GROUP = pa.field("group", pa.string())


@dataclass(frozen=True)
class Predictions:
    """What one model predicts for the n examples of a split, with k classes.

    row_ids: n ids, in the order of the prepared data.
    labels: (n,) the true class, 0 to k - 1.
    probabilities: (n, k) of each class; a row sums to 1.
    groups: n names of what examples belong to; None without `data.group_column`.
    """

    row_ids: list[str]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    groups: list[str] | None = None

    @property
    def clusters(self) -> NDArray[np.object_] | None:
        """(n,) the groups, as resampling takes them."""
        return None if self.groups is None else np.array(self.groups, object)


def write(path: Path, predictions: Predictions) -> None:
    """Write predictions as Parquet, creating the folder.

    Raises ValueError if ids, labels, probabilities and groups are not of one length or a label has
    no probability.
    """
    problem = _problem(predictions)
    if problem:
        raise ValueError(f"{path}: {problem}")
    rows, classes = predictions.probabilities.shape
    flat = pa.array(predictions.probabilities.astype(np.float32).ravel())
    columns = [
        pa.array(predictions.row_ids, pa.string()),
        pa.array(predictions.labels, pa.int64()),
        pa.ListArray.from_arrays(np.arange(0, (rows + 1) * classes, classes, dtype=np.int32), flat),
    ]
    table = pa.Table.from_arrays(columns, schema=SCHEMA)
    if predictions.groups is not None:
        table = table.append_column(_GROUP, [pa.array(predictions.groups, _GROUP.type)])
    path.parent.mkdir(parents=True, exist_ok=True)
    # Probabilities seldom repeat, so a dictionary of them would only add to the file.
    pq.write_table(table, path, compression="zstd", use_dictionary=False)


def read(path: Path) -> Predictions:
    """Read what `write` wrote.

    Raises UserError if the file is missing, is no Parquet file, lacks a column or holds values of
    another shape.
    """
    if not path.is_file():
        raise UserError(f"{path} is missing: run `dvc repro`")
    try:
        table = pq.ParquetFile(path).read(columns=[*SCHEMA.names, _GROUP.name])
        missing = set(SCHEMA.names) - set(table.column_names)
        if missing:
            raise _damaged(path, f"has no column {', '.join(sorted(missing))}")
        schema = SCHEMA.append(_GROUP) if _GROUP.name in table.column_names else SCHEMA
        predictions = _from_table(table.select(schema.names).cast(schema))
    except (pa.ArrowException, ValueError) as error:
        raise _damaged(path, f"cannot be read ({str(error).splitlines()[0]})") from error
    problem = _problem(predictions)
    if problem:
        raise _damaged(path, problem)
    return predictions


def _from_table(table: pa.Table) -> Predictions:
    """Raises ValueError if the lists of probabilities differ in length."""
    probabilities = table["probabilities"].combine_chunks()
    sizes = set(probabilities.value_lengths().to_pylist())
    if len(sizes) != 1 or None in sizes:
        raise ValueError("every row must have a probability of each class")
    return Predictions(
        row_ids=table["row_id"].to_pylist(),
        labels=table["label"].to_numpy(),
        probabilities=probabilities.flatten().to_numpy().reshape(table.num_rows, -1),
        groups=table["group"].to_pylist() if "group" in table.column_names else None,
    )


def _problem(predictions: Predictions) -> str | None:
    """What is wrong with the shapes or labels, if anything."""
    if predictions.probabilities.ndim != 2:
        return (
            f"holds probabilities of shape {predictions.probabilities.shape}, not (rows, classes)"
        )
    rows, classes = predictions.probabilities.shape
    if rows == 0:
        return "holds no rows"
    if predictions.labels.shape != (rows,) or len(predictions.row_ids) != rows:
        return (
            f"holds {len(predictions.row_ids)} row ids, labels of shape {predictions.labels.shape} "
            f"and probabilities of {rows} rows"
        )
    groups = predictions.groups
    if groups is not None and (len(groups) != rows or None in groups):
        return f"holds {len(groups)} groups, some perhaps missing, of {rows} rows"
    if predictions.labels.min() < 0 or predictions.labels.max() >= classes:
        return f"holds labels outside 0 to {classes - 1}"
    return None


def _damaged(path: Path, what: str) -> UserError:
    return UserError(f"{path} {what}: delete it and run `dvc repro`")
