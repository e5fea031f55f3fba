"""What systemd writes to the console: no stamp and no host, so the lines have an order and no time.

[  OK  ] Started Corosync Cluster Engine.
[FAILED] Failed to start Pacemaker High Availability Cluster Manager.
[DEPEND] Dependency failed for Pacemaker High Availability Cluster Manager.
         Starting Corosync Cluster Engine...
"""

import re

NAME = "console-systemd"
HEADER = re.compile(
    rb"\[(?:  OK  |FAILED|DEPEND| TIME | INFO | WARN |ASSERT| SKIP )\] (?=\S)| {9}(?=(?:Starting|Stopping) )"
)
STAMP = "none"
PROG = "systemd"
ORDER = 81
