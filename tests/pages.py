"""Pages in Markdown: their links."""

import re
from pathlib import Path

from tests.tiny import ROOT


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def dead_links(name: str) -> list[str]:
    """Links of the page, within the repository, whose file or heading is not there."""
    here = ROOT / name
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", page(name))
    return [link for link in links if not _leads_somewhere(here, *link.partition("#")[::2])]


def _leads_somewhere(here: Path, path: str, heading: str) -> bool:
    target = here.parent / path if path else here
    if not target.exists() or not heading:
        return target.exists()
    headings = re.findall("(?m)^#+ (.+)", target.read_text("utf-8"))
    return heading in map(_anchor, headings)


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
