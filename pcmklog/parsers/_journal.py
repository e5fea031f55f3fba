"""Records of the journal as lines: what its formats export, json and verbose have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pcmklog.parsers.lead import PRIORITIES

DAEMON = 3 << 3  # the facility where the record has none
LEVEL = re.compile(
    rb"\s*(?:\[|\S*:?\s*(?:EMERG|ALERT|CRIT|ERROR|WARN|emerg|alert|crit|err|error|warning|notice|info|debug)\b)"
)
LONGEST = 8 << 20  # bytes of one record that are carried over from block to block
NAMES = (b"-", b"localhost")
Fields = Mapping[bytes, bytes]


class Boots:
    """Sees where the boot changes from record to record."""

    def __init__(self) -> None:
        self.boot = b""

    def turned(self, boot: bytes) -> bool:
        """Whether this record is the first of another boot than the one before."""
        before, self.boot = self.boot, boot or self.boot
        return bool(boot and before and boot != before)


def line(fields: Fields) -> bytes:
    """A record as a line of `syslog_rfc5424.py`; empty without a message or a time."""
    when = fields.get(b"_SOURCE_REALTIME_TIMESTAMP") or fields.get(b"__REALTIME_TIMESTAMP") or b""
    message = fields.get(b"MESSAGE", b"")
    if not message.strip() or not when.isdigit():
        return b""
    program = fields.get(b"SYSLOG_IDENTIFIER") or fields.get(b"_COMM") or fields.get(b"_EXE", b"").rsplit(b"/", 1)[-1]
    if fields.get(b"_TRANSPORT") == b"kernel":
        program = b"kernel"
    priority = fields.get(b"PRIORITY", b"")
    text = b" | ".join(part for part in message.splitlines() if part.strip())
    return header(
        int(when),
        fields.get(b"_HOSTNAME", b""),
        program,
        fields.get(b"SYSLOG_PID") or fields.get(b"_PID", b""),
        priority,
    ) + _with_level(text, priority)


def marker(fields: Fields) -> bytes:
    """The line that says that this record is the first of a boot."""
    when = fields.get(b"__REALTIME_TIMESTAMP") or b""
    if not when.isdigit():
        return b""
    head = header(int(when), fields.get(b"_HOSTNAME", b""), b"systemd-journald", b"", b"5")
    return head + b"-- Boot " + fields.get(b"_BOOT_ID", b"") + b" --"


def of_json(text: bytes) -> Fields | None:
    """The fields of a record in JSON, None when the text is none; what is JSON but no object has no fields."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return {}
    return {name.encode("utf-8", "replace"): _bytes(value) for name, value in data.items()}


def header(when: int, host: bytes, program: bytes, pid: bytes, priority: bytes) -> bytes:
    """The header of RFC 5424 for a moment in microseconds since 1970 UTC."""
    stamp = datetime.fromtimestamp(min(when // 1_000_000, 253402300799), UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
    pri = b"<%d>1 " % (DAEMON + int(priority)) if priority in (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7") else b""
    words = (_word(host, b"localhost"), _word(program, b"-"), pid if pid.isdigit() else b"-")
    return b"%s%s.%06dZ %s %s %s - - " % (pri, stamp, when % 1_000_000, *words)


def _word(text: bytes, otherwise: bytes) -> bytes:
    return re.sub(rb"[\s:\[\]]+", b"_", text.strip()) or otherwise


def _with_level(text: bytes, priority: bytes) -> bytes:
    """The text with the word for a severe priority where it has none of its own: such lines are looked at."""
    if priority in (b"0", b"1", b"2", b"3") and not LEVEL.match(text):
        return PRIORITIES[int(priority)].encode() + b": " + text
    return text


def _bytes(value: object) -> bytes:
    """A value as the journal had it: a string, a list of bytes, or several of them, of which the first counts."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if not isinstance(value, list) or not value:
        return b""
    if all(isinstance(number, int) and 0 <= number < 256 for number in value):
        return bytes(value)
    return _bytes(value[0])
