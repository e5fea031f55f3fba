"""`journalctl -o short-unix`; the rewriter of debug dumps uses it without decimals.

1793610901.123456 alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
"""

import re

from pcmklog.parsers._parts import COUNTED_BY_DLM, HOST, PID_BEHIND, PROGRAM

NAME = "journal-unix"
HEADER = re.compile(
    rb"(?P<ts>\d{9,10}(?:\.\d{1,6})?) " + HOST + PROGRAM + PID_BEHIND + COUNTED_BY_DLM + rb"(?=[ \t]|\r?$)"
)
STAMP = "unix"
ORDER = 53
