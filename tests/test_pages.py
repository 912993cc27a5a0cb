"""What the tests of pages rest on."""

from pathlib import Path

import pytest

from tests import pages


def test_links_to_missing_files_and_headings_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    (tmp_path / "other.md").write_text("## A title, and more\n")
    good = ["other.md", "other.md#a-title-and-more", "#here", "https://example.org/none#none"]
    dead = ["none.md", "none.md#here", "other.md#none", "#none"]
    links = "".join(f"[link]({target})\n" for target in [*good, *dead])
    (tmp_path / "page.md").write_text(f"# Here\n\n{links}")
    assert pages.dead_links("page.md") == dead
