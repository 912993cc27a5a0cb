"""The weights of a model from elsewhere: safetensors whose headers tell the truth."""

import json
import math
import re
from pathlib import Path

from safetensors import SafetensorError, safe_open

from textune.modeling.model_files import SourceFolder

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
_NUMBERS = {"F64", "F32", "F16", "BF16"}
# Of tables that a model looks up, such as the numbers of its positions.
_COUNTS = {"I64", "I32", "U8", "BOOL"}
_FILE = re.compile(r"[\w-][\w.-]*\.safetensors")


def link_weights(source: SourceFolder, target: Path) -> None:
    """Put links to the weights into `target`, and an index of them if the source has one.

    Raises `UserError` if an index names anything but safetensors beside it, or tensors that they do
    not have, and if a file's header does not fit the file.
    """
    if source.find(SINGLE) is not None:
        _link(source, target, SINGLE)
        return
    listed = source.required_json(INDEX).get("weight_map")
    if not (listed and isinstance(listed, dict)):
        raise source.refused(INDEX, "has no weight_map")
    names: dict[str, set[str]] = {}
    for tensor, file in listed.items():
        if not (isinstance(file, str) and _FILE.fullmatch(file)):
            raise source.refused(INDEX, f"names {file!r}, which is no safetensors file beside it")
        names.setdefault(file, set()).add(tensor)
    for file, tensors in names.items():
        if missing := sorted(tensors - _link(source, target, file)):
            raise source.refused(INDEX, f"says that {file} has {missing[0]:.100}, which it has not")
    (target / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": listed}), "utf-8")


def stored_parameters(folder: Path) -> int:
    """How many floating-point numbers all safetensors of a folder hold."""
    total = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118
                part = file.get_slice(name)
                total += math.prod(part.get_shape()) if part.get_dtype() in _NUMBERS else 0
    return total


def _link(source: SourceFolder, target: Path, file: str) -> set[str]:
    """Link to a file of weights; the names of its tensors."""
    path = source.find(file)
    if path is None:
        raise source.refused(INDEX, f"names {file}, which is missing")
    try:
        # Reads the header, and refuses one that does not fit the file byte by byte.
        with safe_open(path, framework="pt") as opened:
            tensors = {name: opened.get_slice(name).get_dtype() for name in opened.keys()}  # noqa: SIM118
            made_by = (opened.metadata() or {}).get("format", "pt")
    except (SafetensorError, OSError) as error:
        raise source.refused(file, f"is damaged or no safetensors ({error})") from None
    if made_by not in ("pt", "mlx"):
        raise source.refused(file, f"holds weights for {made_by:.40}, not for PyTorch")
    for name, kind in tensors.items():
        if kind not in _NUMBERS | _COUNTS:
            raise source.refused(file, f"has {name:.100} as {kind}: textune trains no such weights")
    (target / file).symlink_to(path)
    return set(tensors)
