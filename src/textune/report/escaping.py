"""Anybody's text in a page of Markdown: names of classes, models and methods, values."""

import html
import re


def as_text(text: str) -> str:
    """In Markdown nothing but text, in one line."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", html.escape(line, quote=False))
