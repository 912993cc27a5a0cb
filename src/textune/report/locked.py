"""The versions of packages that requirements.lock pins."""

import re
from pathlib import Path


def locked_versions(path: Path) -> dict[str, str]:
    """By package; nothing if there is no such file."""
    text = path.read_text("utf-8") if path.is_file() else ""
    return dict(re.findall(r"(?m)^([A-Za-z][\w.-]*)==([^\s;\\]+)", text))
