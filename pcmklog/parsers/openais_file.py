"""The log file of OpenAIS 0.80: no program, and the hour padded with a blank.

Nov  2 10:15:01.123456 [MAIN ] AIS Executive Service RELEASE 'subrev 1152 version 0.80'
Nov  2  9:15:01.123456 [TOTEM] entering GATHER state from 2.
"""

import re

NAME = "openais-file"
HEADER = re.compile(
    rb"(?P<ts>[A-Z][a-z]{2} [ 0-3]\d [ 0-2]\d:\d\d:\d\d(?:\.\d{1,6})?) (?=\[(?:MAIN|TOTEM|SYNC|CPG|EVS|CLM|CFG|AMF|CKPT"
    rb"|EVT|LCK|MSG|IPC|SERV|YKD|print|crm|CMAN|QUORUM) *\] )"
)
STAMP = "bsd"
PROG = "aisexec"
ORDER = 16
