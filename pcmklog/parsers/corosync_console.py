"""What Corosync 2 and 3 write to a terminal (`corosync -f`), with or without a stamp.

Apr 30 13:42:31 debug   [VOTEQ ] Received qdevice op 1 req from node 1 [Qdevice]
notice  [MAIN  ] Corosync Cluster Engine ('2.4.5'): started and ready to provide service.
"""

import re

NAME = "corosync-console"
HEADER = re.compile(
    rb"(?:(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) )?"
    rb"(?P<sev>emerg|alert|crit|error|warning|notice|info|debug|trace) +(?=\[[A-Z][A-Z0-9_ ]{1,5}\] )"
)
STAMP = "bsd"
PROG = "corosync"
ORDER = 14
