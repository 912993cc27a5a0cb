"""Which of a data set's own splits serves as train, validation and test."""

from pathlib import Path

from textune.errors import UserError
from textune.params import DataParams

_USUAL = {"validation": ("validation", "valid", "val", "dev"), "test": ("test",)}


def find_splits(params: DataParams, there: list[str], origin: Path | str) -> dict[str, str]:
    """The data set's name of each split that it has, of those `there`.

    Splits that are missing from the answer are to be cut from train. Raises `UserError` if one
    that `data.<split>_split` names is not there.
    """
    found = {"train": params.train_split}
    for split, usual in _USUAL.items():
        wanted = getattr(params, f"{split}_split")
        if wanted == "auto":
            wanted = next((name for name in usual if name in there), "cut")
        if wanted != "cut":
            found[split] = wanted
    for split, name in found.items():
        if name not in there:
            raise UserError(
                f"data.{split}_split: {origin} has no {name}, but {', '.join(there) or 'nothing'}"
            )
    if len(set(found.values())) < len(found):
        raise UserError(f"data: one split of {origin} serves twice; set data.*_split to others")
    return found
