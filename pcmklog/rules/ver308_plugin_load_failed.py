"""Corosync could not load a service engine, and runs without it.

## What it finds
`Service failed to load '<name>'` of Corosync 1.x and `Service engine '<name>' failed to load for reason ...` of later
ones; above all for `pacemaker`, where Corosync goes on without Pacemaker. Corosync gives the same line for a plugin
that is not installed and for a `ver:` that it does not offer. Engines for quorum are QRM505.

## Why it matters
The node becomes a member of the ring and holds a vote, but no Pacemaker runs on it, and the one line above is all
that is said. A pacemakerd that is started afterwards takes the plugin for present, for it reads the configuration
only; its daemons then fail one by one.

## What to do
For `pacemaker`: look at `ver:` in the service block (only 0 and 1 exist, and 1 from Pacemaker 1.1.3 on), and whether
the plugin is there: `ls /usr/libexec/lcrso/pacemaker.lcrso`, `rpm -q pacemaker` (some builds have it in a package of
its own, some without it: RHEL 6 supports CMAN only). It has to be of the same architecture as Corosync. Then restart
Corosync. Pacemaker 2 has no plugin: use Corosync 2 or later with votequorum.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock

FAILED = """
select id, ts, node, fields->>'name' as name, fields->>'reason' as reason from event
where kind = 'corosync.engine_failed' and coalesce(fields->>'name', '') not like '%quorum%'
order by ts nulls first, id
"""


@rule("VER308", "plugin-load-failed", "critical", reads=("corosync.engine_failed", "corosync.engine_loaded"))
def plugin_load_failed(store: Store) -> Iterator[Finding]:
    """Engines that were asked for and could not be loaded."""
    configured = _files.files(store, "corosync.conf")
    for row in store.rows(FAILED):
        block = _block(configured, row)
        ver = block[1] if block else ""
        asked = (
            f" as version {ver}, which no plugin offers"
            if row.name == "pacemaker" and ver not in ("", "0", "1")
            else ""
        )
        reason = f": {row.reason}" if row.reason else ""
        yield Finding(
            row.node,
            f"Corosync on {row.node} could not load the service engine '{row.name}'{asked} at {clock(row.ts)}{reason}.",
            at=row.ts,
            evidence=(row.id, *(block[0] if block else ())),
        )


def _block(files: list[_files.File], failed: Row) -> tuple[tuple[Line, ...], str] | None:
    for file in files:
        if file.node in (failed.node, None):
            for section, name, ver in _files.services(file):
                if name == failed.name:
                    return tuple(file.lines(f"{section}.ver", f"{section}.name")), ver
    return None
