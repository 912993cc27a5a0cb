"""Anybody's text in a page of Markdown: names of classes, models and methods, values."""

import html
import re


def as_text(text: str) -> str:
    """In Markdown nothing but text, in one line."""
    line = html.escape(printable(text), quote=False)
    return re.sub(r"([\\`*_\[\]|#~$])", r"\\\1", line)


def printable(text: str) -> str:
    """In one line, without what a terminal would act on."""
    return "".join(character if character.isprintable() else " " for character in text)
