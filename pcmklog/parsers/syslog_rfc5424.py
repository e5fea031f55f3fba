"""RFC 5424 as it goes over the wire or into a file, with or without priority; the rewriters of the journal use it.

<30>1 2026-11-02T10:15:01.123Z alpha corosync 2112 - - [TOTEM ] A processor failed, forming new configuration.
2026-11-02T10:15:01.123+01:00 alpha corosync 2112 - - [TOTEM ] A processor failed, forming new configuration.
<30>1 2026-11-02T10:15:01Z alpha pacemakerd 2300 ID47 [meta sequenceId="29"][a b="c"] notice: Starting Pacemaker 2.1.5
"""

import re

NAME = "syslog-rfc5424"
HEADER = re.compile(
    rb"(?:<(?P<sev>\d{1,3})>\d )?(?P<ts>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
    rb"(?P<host>[^\s:]\S*) (?P<prog>[^\s:\[]+) (?:(?P<pid>\d+)|-|[^\s:]+) [^\s:]+ "
    rb'(?:-|(?:\[[^\s"\]\n]+(?: [^\s="]+="(?:[^"\\\n]|\\.)*")*\])+)(?: \xef\xbb\xbf)?(?=[ \t]|\r?$)'
)
STAMP = "iso"
ORDER = 49
