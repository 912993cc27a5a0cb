"""JSON files that reviewers read in git: sorted, indented, the same bytes for the same content."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textune.errors import UserError
from textune.results.atomic import write_text


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content` with sorted keys, whole or not at all. Raises ValueError for NaN."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read an object. Raises UserError if the file is missing or holds something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `dvc repro`, or fetch it with git") from None
    except ValueError as error:
        raise UserError(f"{path} is no valid JSON ({error}): run `dvc repro`") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no JSON object: run `dvc repro`")
    return content
