"""Syslog with ISO stamps (rsyslog's file format, `journalctl -o short-iso`).

2026-11-02T10:15:01.123456+01:00 node1 corosync[2112]:   [TOTEM ] A processor failed, forming new configuration.
2026-11-02T10:15:01+0100 node1 pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
2026-11-02 10:15:01 node1 stonith-ng:notice: remote_op_done: Operation reboot of node2
"""

import re

NAME = "syslog-iso"
HEADER = re.compile(
    rb"(?P<ts>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) "
    rb"(?P<host>[^\s:\[\]]+) "
    rb"(?P<prog>[^\s\[\]:]+?)(?:\[(?P<pid>\d+)[^\]\n]*\])?:(?: \[(?P<pid2>\d+)\]:)?(?=[ \t]|$|[a-z]+: )"
)
STAMP = "iso"
ORDER = 50
