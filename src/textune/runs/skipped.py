"""What stands in the place of the recipe or the run of a method that did not run: the reason."""

from collections.abc import Mapping
from typing import Any

NOT_NAMED = "methods in params.yaml did not name it"
_KEY = "skipped"


def as_skipped(reason: str) -> dict[str, str]:
    """The content of the file."""
    return {_KEY: reason}


def reason_in(content: Mapping[str, Any]) -> str | None:
    """Why the method did not run; None if the content is something else."""
    reason: str | None = content.get(_KEY)
    return reason
