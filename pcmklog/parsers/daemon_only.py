"""Lines that lost stamp and host, as `journalctl -o cat` with the identifier or a pasted excerpt has them.

pengine[6132]:   notice: process_pe_message: Calculated Transition 7
pacemaker-controld[2306]:  notice: State transition S_STARTING -> S_PENDING
"""

import re

NAME = "daemon-only"
HEADER = re.compile(
    rb"(?P<prog>corosync|pacemakerd|pacemaker-(?:based|fenced|execd|attrd|schedulerd|controld|remoted)|cib|stonith-ng|stonithd|lrmd"
    rb"|attrd|pengine|crmd|fenced|dlm_controld|sbd)\[(?P<pid>\d+)\]:(?=[ \t])(?! \d{4}/)"
)
STAMP = "none"
ORDER = 80
