"""Classic syslog and the default output of `journalctl`; cluster-glue writes its files in the same form.

Nov  2 10:15:01 node1 corosync[2112]:   [TOTEM ] A processor failed, forming new configuration.
Nov  2 10:15:01 node1 crmd: [2306]: info: do_state_transition: State transition S_STARTING -> S_PENDING
Nov 02 10:15:01.123456 node1 pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
Nov  2 10:15:01 node1 kernel: [12345.678901] dlm: closing connection to node 2
"""

import re

NAME = "syslog"
HEADER = re.compile(
    rb"(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) "
    rb"(?P<host>[^\s:\[\]]+) "
    rb"(?P<prog>[^\s\[\]:]+?)(?:\[(?P<pid>\d+)[^\]\n]*\])?:(?: \[(?P<pid2>\d+)\]:)?(?=[ \t]|$)"
)
STAMP = "bsd"
ORDER = 60
