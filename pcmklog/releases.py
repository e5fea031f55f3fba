"""Which release of each product a node ran: its own lines say it, or package lists, or the wordings that it used.

Authors change the wording of a message from release to release, and the catalogue knows which releases have which
(`versions`).  A node whose log begins in the middle of a life names no release, yet its wordings leave only a range.
Distributions take single changes of later releases into older ones, and a node may have been upgraded under way: then
some wordings contradict the others, and the range takes in every release that as many fewer wordings speak for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from pcmklog import daemons
from pcmklog.catalog import Catalog
from pcmklog.store import Row, Store
from pcmklog.words import Version, ranges, version_key

PRODUCTS = {"pacemaker": "pacemaker", "corosync": "corosync", "redhat-cluster": "cman"}
SUBSYSTEMS = {"pcmk": "pacemaker", "CMAN": "cman"}
"""Corosync's subsystems that belong to another product."""
# What tells a release, the weakest first: kind, product, and where in the field the release stands.
TELLS = (
    ("controller.version", "pacemaker", "version", re.compile(r"\d+\.\d+\.\d+\S*")),
    ("corosync.engine_loaded", "pacemaker", "name", re.compile(r"(?<=Pacemaker Cluster Manager )\d[\w.]*")),
    ("pacemakerd.started", "pacemaker", "version", re.compile(r"\S+")),
    ("corosync.started", "corosync", "version", re.compile(r"\S+")),
    ("cman.started", "cman", "version", re.compile(r"\S+")),
)
WORDINGS = """
select node, template, daemon, subsystem, min(id) as event
from event where node is not null and template >= 0
group by all order by node, event
"""
PACKAGES = """
select node, path as product, value, source, line from setting
where file = 'packages' and path in ('pacemaker', 'corosync', 'cman') and node is not null
order by source, line
"""


class Range(NamedTuple):
    """Releases from `low` to `high`, None where it is open; `against` wordings of all contradict the others."""

    low: str | None
    high: str | None
    against: int


class Told(NamedTuple):
    """A release as it was told, and where."""

    value: str
    how: str
    event: int | None = None
    source: int | None = None
    line: int | None = None


def settle(store: Store, catalog: Catalog) -> None:
    """Fills the table `release`, see `sql/release.sql`."""
    store.script("release")
    told, used = _told(store), _used(store, catalog)
    ends = _ends(catalog)
    rows: dict[str, list[object]] = defaultdict(list)
    for node, product in sorted({*told, *used}):
        wordings = used.get((node, product), {})
        found = narrow([ranges(versions) for versions in wordings], *ends[product])
        known = told.get((node, product))
        if known is None and found.low is None and found.high is None:
            continue
        row = {
            "node": node, "product": product, "exact": known and known.value, "how": known and known.how,
            "low": found.low, "high": found.high, "wordings": len(wordings), "against": found.against,
            "event": known.event if known else _proof(wordings, found),
            "package_source": known and known.source, "package_line": known and known.line,
        }  # fmt: skip
        for column, value in row.items():
            rows[column].append(value)
    store.insert("release", rows)


def narrow(wordings: Sequence[list[tuple[Version, Version]]], oldest: Version, newest: Version) -> Range:
    """The releases that have all the wordings, or nearly all of them if no release has them all.

    >>> narrow([[((1, 1, 7), (1, 1, 9))], [((1, 1, 8), (2, 0, 5))]], (1, 0, 0), (3, 0, 2))
    Range(low='1.1.8', high='1.1.9', against=0)
    """
    points = sorted({end for known in wordings for range_ in known for end in range_})
    if not points:
        return Range(None, None, 0)
    speak = {point: sum(any(a <= point <= b for a, b in known) for known in wordings) for point in points}
    best = max(speak.values())
    against = len(wordings) - best
    kept = [point for point in points if speak[point] >= best - against]
    low, high = kept[0], kept[-1]
    return Range(None if low <= oldest else _text(low), None if high >= newest else _text(high), against)


def words(low: str | None, high: str | None) -> str:
    """`1.1.8-1.1.13`, `2.1.0 or later`, `1.1.7 or earlier`, `1.1.7`; nothing for an open range."""
    if low and high:
        return low if low == high else f"{low}-{high}"
    return f"{low} or later" if low else f"{high} or earlier" if high else ""


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def _told(store: Store) -> dict[tuple[str, str], Told]:
    """By node and product: the last line that tells its release, else its package."""
    found = {(row.node, row.product): Told(row.value, "package", None, row.source, row.line)
             for row in reversed(store.rows(PACKAGES))}  # fmt: skip
    for kind, product, field, release in TELLS:
        for event in store.events(kind):
            match = release.search(event.fields.get(field) or "")
            if event.node and match and version_key(match[0]):
                found[event.node, product] = Told(match[0], "logged", event.id)
    return found


def _used(store: Store, catalog: Catalog) -> dict[tuple[str, str], dict[str, int]]:
    """By node and product: the `versions` of the wordings that were used, each with its first event."""
    by_id = {t.id: t for t in catalog.templates if t.versions and t.product in PRODUCTS}
    used: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in store.rows(WORDINGS):
        template = by_id.get(row.template)
        if template is None:
            continue
        product = PRODUCTS[template.product]
        if product in _speakers(row):
            used[row.node, product].setdefault(template.versions, row.event)
    return used


def _speakers(row: Row) -> tuple[str, ...]:
    """Whose wordings a line may have: by the program, and within Corosync by the subsystem; CMAN has none in MAIN."""
    if named := SUBSYSTEMS.get(row.subsystem):
        return (named,)
    family = daemons.family(row.daemon)
    return (family, "cman") if family == "corosync" else (family,)


def _ends(catalog: Catalog) -> dict[str, tuple[Version, Version]]:
    """The oldest and the newest release of each product that the catalogue knows of: beyond them it is open."""
    known: dict[str, list[tuple[Version, Version]]] = {product: [] for product in PRODUCTS.values()}
    for versions, product in {(t.versions, t.product) for t in catalog.templates if t.product in PRODUCTS}:
        known[PRODUCTS[product]] += ranges(versions)
    return {product: (min(a for a, _ in all_), max(b for _, b in all_)) for product, all_ in known.items()}


def _proof(wordings: dict[str, int], found: Range) -> int | None:
    """The event that narrows most: one whose wording begins or ends with the range."""
    ends = [version_key(end) for end in (found.low, found.high) if end]
    return next(
        (event for versions, event in wordings.items() for pair in ranges(versions) if set(pair) & set(ends)), None
    )
