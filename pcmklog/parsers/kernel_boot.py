"""Plain `dmesg` and the console: seconds since boot, so the lines have an order and no time.

[12345.678901] Out of memory: Killed process 2306 (corosync)
<3>[   12.678901] Out of memory: Killed process 2306 (corosync)
kern  :err   : [   12.678901] Out of memory: Killed process 2306 (corosync)
"""

import re

NAME = "kernel-boot"
LEVEL = rb"(?:<\d{1,3}>|[a-z]+ *:(?P<sev>[a-z]+) *: )?"
JOURNAL = rb"(?! [^\s:\[\]]+ (?:kernel|[^\s\[\]:]+\[\d+\]):)"  # a host and a program: `journal_monotonic.py`
HEADER = re.compile(LEVEL + rb"\[ *\d+\.\d{6}\](?=[ \t])" + JOURNAL)
STAMP = "none"
PROG = "kernel"
ORDER = 72
