"""What stands between the header of a line and its message, whatever the header: subsystem, file, level, function.

[TOTEM ] A processor failed                                     Corosync in syslog and in its file
[MAIN  ] main.c:main:1787 text                                  with `fileline` and `function_name`
[pcmk  ] process_ais_conf info: process_ais_conf: text          the plugin with `function_name`
info: do_state_transition: State transition                     cluster-glue, Pacemaker before 1.1.14
notice: Starting Pacemaker 2.1.5                                Pacemaker in syslog
pcmk:   notice: servant_pcmk: text                              sbd
<1> notice: text                                                the mark of a note in a page about the line
"""

from __future__ import annotations

import re

LEAD = re.compile(
    rb"[ \t]*(?:\[[ \t]*\d+\.\d{6}\][ \t]*|<\d{1,2}>[ \t]+)?"
    rb"(?:\[(?P<subsys>[A-Za-z0-9_]{1,6}) *\][ \t]+)?"
    rb"(?:[\w-]+\.c:(?:\w+:)?\d+ )?"
    rb"(?:[\w/.-]+:?[ \t]+(?=(?:CRIT|ERROR|WARN|emerg|alert|crit|error|warning|notice|info|debug\d?):[ \t]))?"
    rb"(?:(?P<sev>EMERG|ALERT|CRIT|ERROR|WARN(?:ING)?|emerg|alert|crit|error|err|warning|notice|info|debug\d?|trace|"
    rb"\(undef\)):[ \t]+)?"
    rb"(?P<func>(?:[A-Za-z_][\w.@-]*:[ \t]*)?)"  # always there, for where it begins counts too
)

# `sev` of a header that has the priority of syslog: the level is in its lowest three bits.
PRIORITIES = ("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug")
LEVELS = {b"%d" % number: PRIORITIES[number & 7] for number in range(192)} | {
    b"EMERG": "emerg", b"ALERT": "alert", b"CRIT": "crit", b"ERROR": "error", b"err": "error", b"WARN": "warning",
    b"warn": "warning", b"WARNING": "warning", b"emerg": "emerg", b"alert": "alert", b"crit": "crit", b"error": "error",
    b"warning": "warning", b"notice": "notice", b"info": "info", b"debug": "debug", b"trace": "trace",
}  # fmt: skip
