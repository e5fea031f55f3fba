"""Classic syslog and the default output of `journalctl`; cluster-glue writes its files in the same form.

Nov  2 10:15:01 alpha corosync[2112]:   [TOTEM ] A processor failed, forming new configuration.
Nov  2 10:15:01 alpha crmd: [2306]: info: do_state_transition: State transition S_STARTING -> S_PENDING
Nov  2 10:15:01 alpha Linux-HA: crmd[2306]: info: do_state_transition: State transition S_STARTING -> S_PENDING
Nov 02 10:15:01.123456 alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
Nov  2 10:15:01 alpha kernel: [12345.678901] dlm: closing connection to node 2
Nov  2 10:15:01 alpha dlm_controld[2210]: 4711 dlm_controld 4.0.9 started
<29>Nov  2 10:15:01 alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
Nov  2 10:15:01 alpha last message repeated 3 times
"""

import re

from pcmklog.parsers._parts import COUNTED_BY_DLM, HOST, PID_BEHIND, PROGRAM, SYSLOG_PREFIX, UNTAGGED

NAME = "syslog"
HEADER = re.compile(
    rb"(?:<(?P<sev>\d{1,3})>)?(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) "
    rb""
    + HOST
    + rb"(?:"
    + UNTAGGED
    + rb"|"
    + SYSLOG_PREFIX
    + PROGRAM
    + PID_BEHIND
    + COUNTED_BY_DLM
    + rb"(?=[ \t]|\r?$))"
)
STAMP = "bsd"
PROG = "syslogd"
ORDER = 60
