"""The log file of Corosync 1.x and OpenAIS, with `timestamp: on` or off; no host, no pid, no level.

Nov 02 10:15:01 corosync [TOTEM ] The network interface [192.0.2.1] is now up.
corosync [MAIN  ] Corosync Cluster Engine ('1.4.7'): started and ready to provide service.
Nov 02 10:15:01 corosync [pcmk  ] info: spawn_child: Forked child 2143 for process cib
"""

import re

NAME = "corosync1"
HEADER = re.compile(
    rb"(?:(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d) )?(?P<prog>corosync|aisexec|openais) (?=\[[A-Za-z0-9_ ]{1,6}\])"
)
STAMP = "bsd"
ORDER = 10
