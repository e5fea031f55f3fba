"""`journalctl -o short-full`; the name of the day is in the language of the caller, the zone is any.

Mon 2026-11-02 10:15:01 UTC alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
Mo 2026-11-02 10:15:01.123456 CET alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
lun. 2026-11-02 10:15:01 -03 alpha kernel: dlm: closing connection to node 2
"""

import re

from pcmklog.parsers._parts import COUNTED_BY_DLM, HOST, PID_BEHIND, PROGRAM

NAME = "journal-full"
HEADER = re.compile(
    rb"[^\s\d<\[{-][^\s\d:=]{0,20} "
    rb"(?P<ts>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: (?:[A-Z]{1,5}|[+-]\d\d(?::?\d\d)?)(?= ))?) "
    rb"" + HOST + PROGRAM + PID_BEHIND + COUNTED_BY_DLM + rb"(?=[ \t]|\r?$)"
)
STAMP = "iso"
ORDER = 52
