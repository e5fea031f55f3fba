"""`dmesg -T`: the kernel's ring buffer with wall clock stamps.

[Mon Nov  2 10:15:01 2026] Out of memory: Killed process 2306 (corosync)
"""

import re

NAME = "kernel-ring"
HEADER = re.compile(rb"\[[A-Z][a-z]{2} (?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d) \d{4}\]")
STAMP = "bsd"
PROG = "kernel"
ORDER = 70
