"""`journalctl -o short-full`.

Mon 2026-11-02 10:15:01 UTC node1 pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
"""

import re

NAME = "journal-full"
HEADER = re.compile(
    rb"[A-Z][a-z]{2} (?P<ts>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: (?:UTC|GMT))?)(?: [A-Z]{2,5})? "
    rb"(?P<host>[^\s:\[\]]+) (?P<prog>[^\s\[\]:]+?)(?:\[(?P<pid>\d+)\])?:(?=[ \t]|$)"
)
STAMP = "iso"
ORDER = 52
