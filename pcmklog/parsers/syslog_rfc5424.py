"""RFC 5424 as it goes over the wire.

<30>1 2026-11-02T10:15:01.123Z node1 corosync 2112 - - [TOTEM ] A processor failed, forming new configuration.
"""

import re

NAME = "syslog-rfc5424"
HEADER = re.compile(
    rb"<\d{1,3}>1 (?P<ts>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)) "
    rb"(?P<host>\S+) (?P<prog>\S+) (?:(?P<pid>\d+)|-|\S+) \S+ (?:-|\[[^\]\n]*\])(?=[ \t]|$)"
)
STAMP = "iso"
ORDER = 51
