"""What the terminal gets: text, colours where it shows them, and a bar while something takes long."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

Progress = Callable[[int, int], None]
PATIENCE = 1.0
"""Seconds without a progress bar."""


def colour() -> bool:
    """Whether standard output shows colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns(otherwise: int) -> int:
    """How wide the terminal is, or what the variable COLUMNS says; `otherwise` where output goes to no terminal."""
    return shutil.get_terminal_size((otherwise, 24)).columns if sys.stdout.isatty() else otherwise


def out(text: str | bytes) -> bool:
    """Write to standard output, text in UTF-8; False, and no error, where the reader has seen enough."""
    try:
        sys.stdout.buffer.write(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def _err(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress | None]:
    """A bar on standard error for what takes longer than a second; none where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    began = monotonic()
    shown = False

    def show(done: int, total: int) -> None:
        nonlocal shown
        if monotonic() - began < PATIENCE:
            return
        shown = True
        part = min(1.0, done / total) if total else 0.0
        _err(f"\rreading [{'#' * round(30 * part):30}] {part:4.0%}")

    try:
        yield show
    finally:
        if shown:
            _err("\r\x1b[K")
