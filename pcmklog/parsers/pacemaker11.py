"""The detail log of Pacemaker 1.1.7 (with libqb) to 1.1.24.

Nov 02 10:15:01 [2300] alpha pacemakerd:   notice: main: 	Starting Pacemaker 1.1.10
Nov 02 10:15:02 [2306] alpha       crmd:     info: do_state_transition:	State transition S_STARTING -> S_PENDING
"""

import re

NAME = "pacemaker11"
HEADER = re.compile(
    rb"(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) \[(?P<pid>\d+)\] (?P<host>\S+)[ \t]+"
    rb"(?P<prog>[\w.-]+):[ \t]+(?:\([^)\n]*\)[ \t]+)?"
    rb"(?P<sev>emerg|alert|crit|error|warning|notice|info|debug|trace):(?=[ \t])"
)
STAMP = "bsd"
ORDER = 12
