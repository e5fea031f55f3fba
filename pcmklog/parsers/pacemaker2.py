"""The detail log of Pacemaker 2 and 3.

Nov 02 10:15:02.123 alpha pacemaker-controld  [2306] (do_fsa) 	notice: State transition S_STARTING -> S_PENDING
"""

import re

NAME = "pacemaker2"
HEADER = re.compile(
    rb"(?P<ts>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) (?P<host>\S+) "
    rb"(?P<prog>[^\s\[\]()]+)[ \t]*\[(?P<pid>\d+)\] \((?P<func>[^)\n]*)\)[ \t]+"
    rb"(?P<sev>emerg|alert|crit|error|warning|notice|info|debug|trace):(?=[ \t])"
)
STAMP = "bsd"
ORDER = 13
