"""`dmesg --time-format iso`: no host, and a comma before the decimals.

2026-11-02T10:15:01,123456+01:00 Out of memory: Killed process 2306 (corosync)
"""

import re

from pcmklog.parsers.kernel_boot import LEVEL

NAME = "kernel-iso"
HEADER = re.compile(LEVEL + rb"(?P<ts>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:?\d\d)(?=[ \t])")
STAMP = "iso"
PROG = "kernel"
ORDER = 71
