"""What files of a bundle are that are neither logs nor configuration, by their names and first bytes."""

from __future__ import annotations

import re

SCHEDULER_INPUT = re.compile(r"(?:^|[/!])pe-(?:input|warn|error)-\d+(?:\.bz2|\.xml)?$")
NAMES = (
    (SCHEDULER_INPUT, "scheduler input"),
    (re.compile(r"(?:^|[/!])cib-\d+\.(?:raw|xml)$"), "older CIB"),
    (re.compile(r"(?:^|[/!])cib(?:-\d+)?\.(?:raw|xml)\.sig$"), "checksum of a CIB"),
    # qb_log_blackbox_write_to_file: Corosync's /var/lib/corosync/fdata*, Pacemaker's blackbox/<daemon>-<pid>.<n>.
    (re.compile(r"(?:^|[/!])(?:fdata[\w.:-]*|blackbox/[^/!]+)$"), "flight recorder"),
    (re.compile(r"(?:^|[/!])(?:[wb]tmp|lastlog|faillog)(?:[.-]\d+)?$"), "logins"),
    (re.compile(r"(?:^|[/!])sa/sa\d+$"), "sar data"),
)
MAGIC = (
    (b"LPKSHHRH", "binary journal"),
    (b"SQLite format 3\0", "database"),
)
ELF = b"\x7fELF"
CORE = (b"\4\0", b"\0\4")  # e_type, in either order of bytes


def what(path: str, head: bytes) -> str:
    r"""What a file is; an empty string when neither its name nor its first bytes tell.

    >>> what("pengine/pe-input-3.bz2", b""), what("cores/core.41", b"\x7fELF\2\1\1" + bytes(9) + b"\4\0")
    ('scheduler input', 'core dump')
    """
    if head.startswith(ELF):
        return "core dump" if head[16:18] in CORE else "program"
    by_content = next((name for magic, name in MAGIC if head.startswith(magic)), "")
    return by_content or next((name for pattern, name in NAMES if pattern.search(path)), "")
