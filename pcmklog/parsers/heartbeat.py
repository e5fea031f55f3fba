"""Heartbeat's own files (`ha-log`, `ha-debug`) when they do not imitate syslog.

heartbeat[2306]: 2010/11/02_10:15:01 info: Configuration validated. Starting heartbeat 3.0.4
crmd: [2306]: 2010/11/02_10:15:01 info: do_state_transition: State transition S_STARTING -> S_PENDING
"""

import re

NAME = "heartbeat"
HEADER = re.compile(
    rb"(?P<prog>[\w.-]+?)(?:\[(?P<pid>\d+)\])?:(?: \[(?P<pid2>\d+)\]:)? (?P<ts>\d{4}/\d\d/\d\d_\d\d:\d\d:\d\d)(?=[ \t])"
)
STAMP = "iso"
ORDER = 40
