"""`journalctl -o short-monotonic` and `short-delta`: seconds since boot, so the lines have an order and no time.

[  123.456789] alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
[  123.456789 <    0.000012 >] alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
[  123.456789                ] alpha kernel: dlm: closing connection to node 2
"""

import re

from pcmklog.parsers._parts import COUNTED_BY_DLM, HOST

NAME = "journal-monotonic"
HEADER = re.compile(
    rb"\[ *\d+\.\d{6}(?: *<[^>\n]{1,24}>| {1,24})?\] " + HOST
    # Without a pid the kernel's own `usb 1-1: text` would look the same.
    + rb"(?P<prog>kernel(?=:)|(?P<dlm>dlm_controld)(?=\[)|[^\s\[\]:]+(?=\[\d))(?:\[(?P<pid>\d+)\])?:"
    + COUNTED_BY_DLM + rb"(?=[ \t]|\r?$)"
)  # fmt: skip
STAMP = "none"
ORDER = 54
