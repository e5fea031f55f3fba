"""python -m benchmarks.make_bundle FILE.tar.gz [--size 1G] [--seed 2010]: a bundle of any size, without other data.

Three nodes with the logs of Pacemaker 2, of Corosync and of syslog.  Most lines are chatter that no cluster daemon
cares about; one in fifteen is a sample of the catalogue.  Same arguments, same lines.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pcmklog.catalog import Catalog

NODES = ("node1", "node2", "node3")
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
BATCH = 20000
KNOWN = 15
CHATTER = (
    ("sshd", "Accepted publickey for deploy from 192.0.2.{a} port {b} ssh2"),
    ("su", "(to oracle) root on none, {b}"),
    ("CRON", "(root) CMD (run-parts /etc/cron.hourly) {b}"),
    ("kernel", "device eth{a} entered state {b}"),
    ("named", "client 192.0.2.{a}#{b}: query: host{b}.example.com IN A +"),
    ("pacemaker-based", "Completed operation for section status: done (rc={a}, call {b})"),
    ("pacemaker-schedulerd", "item {b} of step {a} looked at, nothing to be done for it"),
    ("pacemaker-attrd", "value of attribute number {b} is {a} as it was"),
)


def stamp(moment: datetime) -> str:
    return f"{moment:%b %d %H:%M:%S}"


def pacemaker(moment: datetime, node: str, daemon: str, pid: int, text: str) -> str:
    return f"{stamp(moment)}.{moment.microsecond // 1000:03d} {node} {daemon:20} [{pid}] (function) \tinfo: {text}\n"


def corosync(moment: datetime, node: str, _daemon: str, pid: int, text: str) -> str:
    return f"{stamp(moment)} [{pid}] {node} corosync notice  [MAIN  ] {text}\n"


def syslog(moment: datetime, node: str, daemon: str, pid: int, text: str) -> str:
    return f"{stamp(moment)} {node} {daemon}[{pid}]: {text}\n"


FILES: dict[str, tuple[Callable[[datetime, str, str, int, str], str], str]] = {
    "var/log/pacemaker/pacemaker.log": (pacemaker, "pacemaker"),
    "var/log/cluster/corosync.log": (corosync, "corosync"),
    "var/log/messages": (syslog, ""),
}


def samples(prefix: str) -> list[tuple[str, str]]:
    """What daemons whose name begins so say, as (daemon, text)."""
    found = [
        (template.emitter[-1], re.sub(r"\s+", " ", template.sample))
        for template in Catalog.load().templates
        if template.sample and template.emitter and template.emitter[-1].startswith(prefix)
    ]
    return found or [("corosync", "Corosync Cluster Engine 3.1.7 starting up")]


def lines(name: str, node: str, size: int, chance: random.Random) -> Iterator[str]:
    form, prefix = FILES[name]
    known = samples(prefix)
    moment, written = BEGIN, 0
    while written < size:
        batch = []
        for _ in range(BATCH):
            moment += timedelta(milliseconds=chance.randrange(1, 400))
            if chance.randrange(KNOWN):
                daemon, text = chance.choice(CHATTER)
                text = text.format(a=chance.randrange(100), b=chance.randrange(100000))
            else:
                daemon, text = chance.choice(known)
            batch.append(form(moment, node, daemon, chance.randrange(1000, 1008), text))
        block = "".join(batch)
        written += len(block)
        yield block


def make(target: Path, size: int, seed: int = 2010, *, keep: bool = False) -> Path:
    """Writes `target`.tar.gz; gives its path.  With `keep` the folder `target` with the plain files stays too."""
    chance = random.Random(seed)
    for node in NODES:
        for name in FILES:
            path = target / node / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="utf-8") as file:
                file.writelines(lines(name, node, size // (len(NODES) * len(FILES)), chance))
    archive = target.with_name(f"{target.name}.tar.gz")
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        tar.add(target, target.name)
    if not keep:
        shutil.rmtree(target)
    return archive


def bytes_of(text: str) -> int:
    """`300M`, `1G` or a number of bytes."""
    found = re.fullmatch(r"(\d+)([KMG]?)", text.upper())
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is no size")
    return int(found[1]) << {"": 0, "K": 10, "M": 20, "G": 30}[found[2]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="name of the bundle, which ends in .tar.gz")
    parser.add_argument("--size", type=bytes_of, default=1 << 30, help="of the logs, unpacked (default 1G)")
    parser.add_argument("--seed", type=int, default=2010)
    parser.add_argument("--keep", action="store_true", help="keep the folder of plain files beside it")
    wanted = parser.parse_args()
    target = wanted.file.with_name(wanted.file.name.removesuffix(".tar.gz"))
    print(make(target, wanted.size, wanted.seed, keep=wanted.keep))


if __name__ == "__main__":
    main()
