"""What `qb-blackbox` prints of a flight recorder: it names no daemon, so its lines are read and tell nothing.

trace   Nov 02 10:15:01 gio_read_socket(368):0: 0x55d0 5 1 (ref=1)
debug   Nov 02 10:15:01.123 pcmk_ipc_accept(458):10: Connection 0x55e0
"""

import re

NAME = "blackbox"
HEADER = re.compile(
    rb"(?P<sev>emerg|alert|crit|error|warning|notice|info|debug|trace) +"
    rb"(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) [\w.<>-]+\(\d+\):\d+: .*"
)
STAMP = "bsd"
ORDER = 15
