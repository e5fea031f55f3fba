"""Syslog with ISO stamps (rsyslog's file format, `journalctl -o short-iso`).

2026-11-02T10:15:01.123456+01:00 alpha corosync[2112]:   [TOTEM ] A processor failed, forming new configuration.
2026-11-02T10:15:01+0100 alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
2026-11-02T10:15:01+01:00 alpha Linux-HA: crmd[2306]: info: do_state_transition: State transition S_IDLE -> S_STOPPING
2026-11-02 10:15:01 alpha stonith-ng:notice: remote_op_done: Operation reboot of beta
2026-11-02T10:15:01.123456+01:00 alpha last message repeated 3 times
"""

import re

from pcmklog.parsers._parts import COUNTED_BY_DLM, HOST, PID_BEHIND, PROGRAM, SYSLOG_PREFIX, UNTAGGED

NAME = "syslog-iso"
HEADER = re.compile(
    rb"(?:<(?P<sev>\d{1,3})>)?"
    rb"(?P<ts>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9}|,\d{3}(?!\d))?(?:Z|[+-]\d\d:?\d\d)?) "
    rb"" + HOST + rb"(?:" + UNTAGGED + rb"|" + SYSLOG_PREFIX + PROGRAM + PID_BEHIND + COUNTED_BY_DLM
    + rb"(?=[ \t]|\r?$|[a-z]+: ))"
)  # fmt: skip
STAMP = "iso"
PROG = "syslogd"
ORDER = 50
