"""The logging of Corosync, or of the Pacemaker plugin, is set so that logs are missing or of little use.

## What it finds
What the plugin says about its logging (a file requested but none named, neither file nor syslog, a file that cannot
be made), a daemon that may not write to its log (`Logging to ... is disabled`), and in corosync.conf: a log file
switched on without a name, nothing switched on at all, and a log file without time stamps when there is no syslog
beside it.

## Why it matters
The next failure will leave no trace, or one without times: then nobody can bring the events of two nodes into one
order. Pacemaker 1.1 takes its log file from this section too.

## What to do
In corosync.conf on all nodes:

    logging {
        to_syslog: yes
        to_logfile: yes
        logfile: /var/log/cluster/corosync.log
        timestamp: hires
    }

(`timestamp: on` before Corosync 3), the folder must exist, and the file should be rotated. Reload with
`corosync-cfgtool -R`, or restart. Keep `debug: off` unless you hunt something.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Store
from pcmklog.words import clock

SAID = """
select id, ts, node, text, daemon from event
where kind in ('plugin.config_error', 'daemon.log_disabled')
order by node, ts nulls first, id
"""
OFF = ("no", "off", "false", "0")
TO_FILE = ("logging.to_logfile", "logging.to_file")


@rule(
    "CFG708",
    "logging-misconfigured",
    "warning",
    reads=("corosync.started", "plugin.config_error", "daemon.log_disabled"),
)
def logging_misconfigured(store: Store) -> Iterator[Finding]:
    """What the plugin says, else what the file says; one finding a node."""
    told: set[str | None] = set()
    for row in store.rows(SAID):
        if row.node not in told:
            told.add(row.node)
            yield Finding(
                row.node,
                f"{row.daemon} on {row.node} complained of its logging at {clock(row.ts)}: {row.text.rstrip('.')}.",
                at=row.ts,
                evidence=(row.id,),
            )
    for file in _files.files(store, "corosync.conf"):
        fault = _fault(file)
        if fault and file.node not in told:
            words, paths = fault
            yield Finding(
                file.node,
                f"corosync.conf of {file.node or 'the cluster'} {words}.",
                evidence=tuple(file.lines(*paths)),
            )


def _fault(file: _files.File) -> tuple[str, tuple[str, ...]] | None:
    """The first thing that is wrong, and the settings that show it."""
    to_file = any(file.get(path, "no").lower() not in OFF for path in TO_FILE)
    syslog = file.get("logging.to_syslog", "yes").lower() not in OFF
    if to_file and not file.get("logging.logfile"):
        return "logs to a file and names none", TO_FILE
    if not to_file and not syslog:
        return "has every kind of logging switched off", ("logging.to_syslog", *TO_FILE)
    stamped = file.get("logging.timestamp", "off").lower() not in OFF
    if to_file and not syslog and not stamped:
        return "logs to a file alone, and without time stamps", ("logging.timestamp", "logging.to_syslog", *TO_FILE)
    return None
