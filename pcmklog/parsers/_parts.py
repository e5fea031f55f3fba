"""The parts that the headers of syslog daemons and of journalctl share."""

HOST = rb"(?P<host>[^\s:\[\]]+) "
PROGRAM = rb"(?P<prog>(?P<dlm>dlm_controld)(?=[:\[])|[^\s\[\]:]+?)(?:\[(?P<pid>\d+)[^\]\n]*\])?:"
# cluster-glue sets its pid apart: `crmd: [2306]: info: ...`.
PID_BEHIND = rb"(?: \[(?P<pid2>\d+)\]:)?"
# DLM 4 counts the seconds in front of its texts.
COUNTED_BY_DLM = rb"(?(dlm)(?: \d+(?= ))?)"
# `syslogprefix` of cluster-glue 1.0.7 and later.
SYSLOG_PREFIX = rb"(?:[\w.-]+: (?=[\w.-]+\[\d+\]: (?:EMERG|ALERT|CRIT|ERROR|WARN|notice|info|debug|\(undef\)):))?"
# What a syslog daemon says on its own, without a program.
UNTAGGED = rb"(?=(?:-+ )?last message repeated |-- MARK --|exiting on signal |syslogd [\d.#]|syslog-ng starting up)"
