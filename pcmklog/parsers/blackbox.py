"""What `qb-blackbox` prints of a daemon's flight recorder: level, stamp, function, no daemon.

trace   May 19 23:20:55 gio_read_socket(368):0: 0x11ab920.5 1 (ref=1)
notice  May 19 23:20:55 crm_update_peer_state(570):0: Node node2 state is now lost
"""

import re

NAME = "blackbox"
HEADER = re.compile(
    rb"(?P<sev>emerg|alert|crit|error|warning|notice|info|debug|trace) +"
    rb"(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) (?P<func>[\w.]+)\(\d+\):\d+:(?=[ \t])"
)
STAMP = "bsd"
ORDER = 71
