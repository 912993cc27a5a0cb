"""Which of a data set's own splits serves as train, validation and test."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textune.config.sections import DataParams
from textune.errors import UserError

_USUAL = {"validation": ("validation", "valid", "val", "dev"), "test": ("test",)}


def require_labelled(split: str, name: Path | str, labels: Iterable[Any]) -> None:
    """Raise `UserError` if no row has a label: benchmarks keep those of test to themselves."""
    if all(label in (None, -1) or not str(label).strip() or label != label for label in labels):
        cure = "choose another" if split == "train" else "set it to cut"
        raise UserError(f"data.{split}_split: {name} is not labelled; {cure}")


def find_splits(params: DataParams, available: list[str], origin: Path | str) -> dict[str, str]:
    """The data set's own name of each split that it has, out of those `available`.

    A split that is missing from the answer is cut from train later. Raises `UserError` if
    `data.<split>_split` names one that is not available.
    """
    names = {"train": params.train_split}
    for split, usual in _USUAL.items():
        wanted = getattr(params, f"{split}_split")
        if wanted == "auto":
            wanted = next((name for name in usual if name in available), "cut")
        if wanted != "cut":
            names[split] = wanted
    for split, name in names.items():
        if name not in available:
            raise UserError(
                f"data.{split}_split: {origin} has no {name}; it has"
                f" {', '.join(available) or 'none'}"
            )
    if len(set(names.values())) < len(names):
        raise UserError(
            f"data: one split of {origin} is used twice; set data.*_split to different ones"
        )
    return names
