"""A daemon died of a signal.

## What it finds
Each death of a daemon by a signal outside a shutdown: a child of pacemakerd, Corosync or heartbeat (`terminated with
signal`), a child that pacemakerd had adopted (`terminated`, level error), and whole daemons, by the word of systemd
(`code=killed`, `code=dumped`), of the kernel (OOM killer, segfault) or of those that lost them. No death is SIGTERM
after `Stopping <daemon>`, the SIGKILL or SIGSEGV that pacemakerd sends to a child that does not stop (FRK208) or does
not answer (FRK209), nor one of many in a loop (FRK205).

## Why it matters
The daemon is started again within a second, but what it knew is gone: without its executor the node forgets its
running operations, without its CIB the controller and attrd go too, and the peers may see the node leave and recover
its resources, or fence it.

## What to do
Signal 9: who sent it? Look for the OOM killer (`journalctl -k | grep -i oom`), for scripts and operators (`kill`,
`pkill`), and for limits of the unit. Signal 11, 6, 7 or 8: a crash; save the core (`coredumpctl info`,
/var/lib/pacemaker/cores, /var/lib/corosync), note the exact release, look into its change log and report the back
trace; signal 7 (SIGBUS) often means that /dev/shm is full. Signal 6 of pacemakerd with `child->pid != -1` is a failed
fork, see FRK201. On the plugin with `ver: 0` such deaths are common, for Corosync is multi-threaded and forks: use
`ver: 1` with pacemakerd or CMAN, today Corosync 3 with Pacemaker 2 or 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._ending import Ending
from pcmklog.rules._endings import endings, episodes
from pcmklog.rules._loops import GAP, loops, members
from pcmklog.store import Store
from pcmklog.words import clock, listing, times

CRASH = """It crashed. Save the core (`coredumpctl info`, /var/lib/pacemaker/cores, /var/lib/corosync), note the exact
release, look into its change log and report the back trace; SIGBUS often means that /dev/shm is full."""
SILENT = """Look for the OOM killer (`journalctl -k | grep -i oom`), for a core (`coredumpctl list`,
/var/lib/pacemaker/cores, /var/lib/corosync), and for scripts and operators who sent a SIGKILL (`kill -9`, `pkill`)."""
RING_GONE = """Without Corosync the node has left the cluster in that moment: the daemons of Pacemaker lose their
connections and end, nobody watches the resources of the node any more, and its peers fence it or, where there is no
fencing, may start what still runs there."""
CRASHES = (4, 6, 7, 8, 11)
SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}


@rule(
    "FRK203",
    "child-killed-by-signal",
    "error",
    reads=(
        "child.forked",
        "child.signalled",
        "child.terminated",
        "unit.main_exited",
        "corosync.started",
        "pacemakerd.started",
    ),
)
def child_killed_by_signal(store: Store) -> Iterator[Finding]:
    """One finding for each death; a daemon that dies of the same again within a minute is one."""
    told = members(loops(store))
    alike: dict[tuple[str, str, int | None, str], list[Ending]] = defaultdict(list)
    for end in endings(store).ends:
        if end.died and not end.ordered and not end.hung and id(end) not in told:
            alike[end.node, end.daemon, end.signal, end.teller].append(end)
    for ends in alike.values():
        for group in episodes(((end.ts, end) for end in ends), GAP):
            yield _finding(group)


def _finding(group: list[Ending]) -> Finding:
    end = group[0]
    again = f" ({times(len(group))}, pids {listing(str(e.pid) for e in group)})" if len(group) > 1 else ""
    return Finding(
        end.node,
        f"{end.daemon if again else end.name} on {end.node} {_cause(end)} at {clock(end.ts)}{again}{_teller(end)}.",
        at=end.ts,
        until=group[-1].ts if again else None,
        evidence=tuple(dict.fromkeys(event for each in group for event in each.events)),
        explanation=" ".join(RING_GONE.split()) if end.role == "messaging" else "",
        advice=" ".join(_advice(end).split()),
    )


def _advice(end: Ending) -> str:
    """What to do where the page would speak of too much."""
    if end.teller == "life" and end.signal is None:
        return SILENT
    return CRASH if end.signal in CRASHES and end.daemon != "pacemakerd" else ""


def _cause(end: Ending) -> str:
    if end.signal is None:
        return "died outside a shutdown" if end.teller != "life" else "died without a last word, killed or crashed,"
    named = f" ({SIGNALS[end.signal]})" if end.signal in SIGNALS else ""
    return f"was killed by signal {end.signal}{named}"


def _teller(end: Ending) -> str:
    return {
        "kernel.oom_killed": " by the OOM killer",
        "child.terminated": "; the pacemakerd that had adopted it found it gone",
        "unit.main_exited": ", says systemd",
    }.get(end.teller, "")
