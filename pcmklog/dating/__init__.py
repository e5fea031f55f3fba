"""When it was: the year and the zone of stamps that name none, each with what proves it.

Both are needed before events can be laid side by side; how far the clocks were apart is told by `clock/` later.
"""

from __future__ import annotations

from collections.abc import Iterable

from pcmklog.dating import years, zones
from pcmklog.model import Given, PcmklogError
from pcmklog.store import Store

ZONE_PROOFS = {
    "given": "as given",
    "epoch": "proved by {n} that tell the seconds since 1970",
    "history": "proved by the last operations of the CIB beside {n}",
    "file": "named by the files of the node",
    "stamps": "named by the stamps of {n}",
    "times": "told by the times of its logs",
    "others": "taken to be that of the other nodes",
}
YEAR_PROOFS = {
    "given": "as given",
    "epoch": "proved by {n} that tell the seconds since 1970",
    "stamps": "from dated files of the same days",
    "part": "from other parts of the same log",
    "near": "from the other files of the node",
    "files": "from the names and times of the files",
}
"""Proof -> its words; the strongest stands first."""


def date(store: Store, given: Given) -> None:
    """Fills `source.base_year` and the tables of `sql/dating.sql`.

    Raises PcmklogError when the user names a node that there is not, or a zone.
    """
    known = {row.node for row in store.rows("select node from node_alias union select node from source")} - {None}
    for name in (*given.zones, *given.offsets):
        if name and name not in known:
            raise PcmklogError(f"There is no node {name}; the nodes are {', '.join(sorted(known)) or 'not known'}.")
    store.script("dating")
    years.find(store, given.year)
    zones.find(store, given.zones)


def zone_proof(store: Store, node: str) -> str | None:
    """What proves the zone of a node's stamps, in words; None when nothing does."""
    row = store.one("select proof, n from node_zone where node = ?", node)
    return ZONE_PROOFS[row.proof].format(n=_lines(row.n)) if row else None


def year_proof(store: Store, node: str) -> str | None:
    """What proves the year of a node's stamps best, in words; None when they have one, or nothing does."""
    rows = store.rows("select proof, sum(n)::bigint as n from year_proof where node = ? group by proof", node)
    best = min(rows, key=lambda row: [*YEAR_PROOFS].index(row.proof), default=None)
    return YEAR_PROOFS[best.proof].format(n=_lines(best.n)) if best else None


def given(year: int | None, zones_: Iterable[str], offsets: Iterable[str]) -> Given:
    """What the user wrote: a year, `ZONE` or `NODE=ZONE`, and `NODE=SECONDS`.  Raises PcmklogError for other words."""
    by_node = {node: zone for node, _, zone in (_split(text) for text in zones_)}
    for zone in by_node.values():
        zones.named(zone)
    ahead: dict[str, float] = {}
    for text in offsets:
        node, _, seconds = _split(text)
        try:
            ahead[node] = float(seconds)
        except ValueError as error:
            raise PcmklogError(f"'{text}' is no offset: it is written as NODE=SECONDS.") from error
        if not node or not abs(ahead[node]) <= 1e9:
            raise PcmklogError(f"'{text}' is no offset: it is written as NODE=SECONDS.")
    if year is not None and not 1990 <= year <= 2100:
        raise PcmklogError(f"{year} is no year of a cluster's log.")
    return Given(year, by_node, ahead)


def _split(text: str) -> tuple[str, str, str]:
    """Node, `=` and what stands behind it; the node is empty where none is named."""
    node, sign, value = text.rpartition("=")
    return node.strip(), sign, value.strip()


def _lines(n: int) -> str:
    return f"{n:,} line{'' if n == 1 else 's'}"
