"""Small logs and bundles that tests are made of: what corosync and pacemakerd write, at the times that a test wants."""

from pathlib import Path

from pcmklog.analyze import load
from pcmklog.store import Store

COROSYNC_START = [
    (0.0, "[MAIN  ] Corosync Cluster Engine 3.1.7 starting up"),
    (0.2, "[QUORUM] Using quorum provider corosync_votequorum"),
    (0.3, "[TOTEM ] A new membership (1.5) was formed. Members joined: 1"),
    (0.4, "[MAIN  ] Completed service synchronization, ready to provide service."),
]
COROSYNC_STOP = [
    (0.0, "[CFG   ] Node 1 was shut down by sysadmin"),
    (0.1, "[SERV  ] Unloading all Corosync service engines."),
    (0.8, "[MAIN  ] Corosync Cluster Engine exiting normally"),
]
CHILDREN = ("based", "fenced", "execd", "attrd", "schedulerd", "controld")


def corosync(at, lines, node="node1", pid=40):
    """Lines of corosync.log; `at` is in seconds after ten o'clock."""
    return [(at + t, f"[{pid}] {node} corosync notice  {text}") for t, text in lines]


def pacemakerd(at, lines, node="node1", pid=50):
    """Lines of pacemaker.log, written by pacemakerd."""
    return [(at + t, f"{node} pacemakerd          [{pid}] (main) \tnotice: {text}") for t, text in lines]


def pacemaker_start(at, children=CHILDREN, node="node1"):
    """A start of Pacemaker with the daemons in the order given."""
    forks = [
        (0.1 + n / 100, f"Forked child {60 + n} for process pacemaker-{child}") for n, child in enumerate(children)
    ]
    joined = f"{node} pacemaker-controld  [65] (do_state_transition) \tnotice: State transition S_PENDING -> S_NOT_DC"
    return [*pacemakerd(at, [(0.0, "Starting Pacemaker 2.1.5 | build=x"), *forks], node), (at + 20, joined)]


def pacemaker_stop(at, node="node1"):
    """An orderly stop of Pacemaker, without the single daemons."""
    return pacemakerd(at, [(0.0, "Shutting down Pacemaker"), (0.5, "Shutdown complete")], node)


def text(lines):
    """The file: each line with its stamp."""
    return "".join(f"Nov 02 10:{int(t // 60):02d}:{t % 60:06.3f} {line}\n" for t, line in sorted(lines))


def bundle(folder: Path, files):
    """A folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def loaded(folder: Path, files) -> Store:
    """The store after the bundle was read and everything was derived."""
    store = Store()
    load([bundle(folder, files)], store)
    return store
