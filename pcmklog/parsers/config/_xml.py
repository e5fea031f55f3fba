"""Reading XML of unknown origin as a stream: with line numbers, without entities, without depth.

Expat does not recurse and reads nothing but what it is given.  Entities that the document declares are refused at their
declaration, so that a small file cannot expand (the "billion laughs").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from pcmklog.model import ConfigError

# CIB and cluster.conf nest a dozen deep; beyond that the paths of settings would only grow.
DEEPEST = 64
ROOT = re.compile(rb"<([A-Za-z_][\w.-]*)")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PROLOGUE = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!", b">"))


class _RefusedError(Exception):
    pass


def root(head: bytes) -> str:
    """The name of the root element, or an empty string: `cib` of `<?xml version="1.0"?><cib epoch="3">`."""
    rest = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    while mark := next(((begin, end) for begin, end in PROLOGUE if rest.startswith(begin)), None):
        _, end, rest = rest.partition(mark[1])
        if not end:
            return ""
        rest = rest.lstrip()
    match = ROOT.match(rest)
    return match[1].decode() if match else ""


def read(
    data: bytes, opened: Callable[[str, dict[str, str], int], None], closed: Callable[[str], None]
) -> tuple[ConfigError, ...]:
    """Calls `opened(tag, attributes, line)` and `closed(tag)` for each element; gives the error that stopped it."""
    parser = expat.ParserCreate()
    stack: list[str] = []

    def refuse(*_: object) -> NoReturn:
        raise _RefusedError("expected a document without entities of its own, found an entity declaration")

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) >= DEEPEST:
            raise _RefusedError(f"expected at most {DEEPEST} elements within each other, found <{tag}> below them")
        stack.append(tag)
        opened(tag, attributes, parser.CurrentLineNumber)

    def stop(tag: str) -> None:
        stack.pop()
        closed(tag)

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = stop
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the C function takes no keywords
    except _RefusedError as error:
        return (ConfigError(parser.CurrentLineNumber, parser.CurrentColumnNumber + 1, str(error)),)
    except expat.ExpatError as error:
        return (ConfigError(error.lineno, error.offset + 1, _words(error, stack)),)
    return ()


def _words(error: expat.ExpatError, stack: list[str]) -> str:
    reason = expat.ErrorString(error.code)
    if reason == "no element found":
        missing = f"</{stack[-1]}>" if stack else "an element"
        return f"expected {missing}, found the end of the file"
    inside = f" inside <{stack[-1]}>" if stack else ""
    return f"expected well-formed XML{inside}, found: {reason}"
