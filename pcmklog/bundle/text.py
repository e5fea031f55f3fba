"""Whether a file is text, in whatever encoding."""

from __future__ import annotations

import re

# Not counted: those that text has (tab to carriage return), backspace, the escape of terminals' colours.
CONTROL = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
MOST = 0.15


def is_text(head: bytes) -> bool:
    r"""Whether the first bytes look like text.

    Logs hold some bytes of other encodings, and after a crash long runs of NUL, which do not count.

    >>> is_text(b"\0" * 4096 + "M\u00e4r 01 crmd".encode("latin-1")), is_text(b"\x7fELF\2\1\1\0\0\0\0\0\0\3\0>\0")
    (True, False)
    """
    text = re.sub(rb"\0{4,}", b"", head).decode("utf-8", "replace")
    return len(CONTROL.findall(text)) <= MOST * len(text)
