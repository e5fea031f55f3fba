"""The log file of Corosync 2 and 3; without stamps program and level stand glued together.

Nov 02 10:15:01.123 [2112] alpha corosync notice  [TOTEM ] A new membership (1.5) was formed. Members joined: 1
[2112] alpha corosyncnotice  [TOTEM ] A new membership (10.0.0.1:4) was formed. Members
"""

import re

NAME = "corosync2"
HEADER = re.compile(
    rb"(?:(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) )?\[(?P<pid>\d+)\] (?P<host>\S+) "
    rb"(?P<prog>corosync) ?(?P<sev>emerg|alert|crit|error|warning|notice|info|debug|trace) +(?=\[)"
)
STAMP = "bsd"
ORDER = 11
