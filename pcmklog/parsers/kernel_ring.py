"""`dmesg`: the kernel's ring buffer with wall clock stamps (`-T`), with or without levels (`-x`).

[Mon Nov  2 10:15:01 2026] Out of memory: Killed process 2306 (corosync)
[Mon Nov  2 10:15:01] Out of memory: Killed process 2306 (corosync)
kern  :err   : [Mon Nov  2 10:15:01 2026] Out of memory: Killed process 2306 (corosync)
"""

import re

from pcmklog.parsers.kernel_boot import LEVEL

NAME = "kernel-ring"
HEADER = re.compile(LEVEL + rb"\[(?:[A-Z][a-z]{2} )?(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?: \d{4})?)\]")
STAMP = "ctime"
PROG = "kernel"
ORDER = 70
