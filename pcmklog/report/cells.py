"""How text takes room in a terminal."""

from __future__ import annotations

import unicodedata


def taken(text: str) -> int:
    """Give how many cells of a terminal text takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def fitting(text: str, cells: int) -> str:
    """Give the beginning of text that takes no more than so many cells."""
    if text.isascii():
        return text[: max(cells, 0)]
    used = 0
    for at, char in enumerate(text):
        used += taken(char)
        if used > cells:
            return text[:at]
    return text


def cut(text: str, cells: int) -> str:
    """Give text in no more than so many cells, with an ellipsis where it was cut."""
    return text if taken(text) <= cells else fitting(text, cells - 1) + "…" * (cells > 0)


def padded(text: str, cells: int) -> str:
    """Give text filled up with blanks."""
    return text + " " * (cells - taken(text))
