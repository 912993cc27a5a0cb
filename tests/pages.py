"""Pages in Markdown, and what commands have written into them."""

import re

from tests.tiny import ROOT


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def block(text: str, command: str) -> str:
    """What stands between the marker that names `command` and the next end mark."""
    found = re.search(f"<!-- {re.escape(command)} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert found, command
    return found[1]


def with_block(text: str, command: str, content: str) -> str:
    """`text` with `content` for what stands in the block of `command`."""
    marker = f"<!-- {command} -->\n"
    return text.replace(f"{marker}{block(text, command)}", f"{marker}{content}")


def dead_links(name: str) -> list[str]:
    """Targets of links of the page, within the repository, that are not there."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", page(name))
    folder = (ROOT / name).parent
    return [target for target in targets if not (folder / target).exists()]
