"""The nodes use different keys: neither can read what the other sends.

## What it finds
Packets that could not be decrypted or whose digest was wrong on both sides (or on the only side whose log is there),
with encryption that is set the same on all nodes; and authkey files in the bundle that are not equal. Encryption that
is switched on at one side only is CFG704.

## Why it matters
Corosync takes a packet with the wrong key for noise: to each node the other does not exist. Each forms its own ring,
and with `no-quorum-policy=ignore` or two nodes without wait_for_all both run the resources; with fencing each shoots
the other at its start.

## What to do
Copy /etc/corosync/authkey (CMAN: the file of `keyfile` in cluster.conf) from one node to all others, byte for byte,
owner root, mode 0400; compare with `sha256sum /etc/corosync/authkey`. Then restart Corosync on the nodes that were
wrong (with 3.1 and later `corosync-cfgtool -R` takes a new key). Never run `corosync-keygen` on more than one node.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing, times

UNREAD = """
select node, count(*) as n, min(ts) as began, max(ts) as until, list(id order by ts, id) as ids from event
where kind in ('knet.decrypt_failed', 'knet.digest_invalid', 'totem.digest_invalid') and node is not null
  and coalesce(try_cast(fields->>'size' as integer), 99) > 40   -- without salt and hash a packet of knet has 26
group by node
order by began nulls first, node
"""
KEYS = """
select node, id, digest, path from source
where regexp_matches(path, '(^|/)authkey$') and node is not null and digest <> ''
order by node, id
"""
STACKS = "select name, stack, has_logs from node order by name"
CRYPTO = ("totem.crypto_cipher", "totem.crypto_hash", "totem.crypto_model", "totem.secauth")


@rule(
    "CFG705", "authkey-mismatch", "critical", reads=("corosync.started", "knet.decrypt_failed", "totem.digest_invalid")
)
def authkey_mismatch(store: Store) -> Iterator[Finding]:
    """One finding for the cluster."""
    keys: dict[str, Row] = {}
    for row in store.rows(KEYS):
        keys.setdefault(row.node, row)
    unequal = len({row.digest for row in keys.values()}) > 1
    unread = store.rows(UNREAD)
    if not unequal and not _mutual(store, unread):
        return
    nodes = tuple(dict.fromkeys((*(row.node for row in unread), *(keys if unequal else ()))))
    told = "have different keys" if unequal else "could not read each other's packets: their keys differ"
    since = f" from {clock(unread[0].began)} on ({times(sum(row.n for row in unread))})" if unread else ""
    yield Finding(
        None,
        f"{listing(nodes)} {told}{since}.",
        at=unread[0].began if unread else None,
        until=max((row.until for row in unread), default=None),
        evidence=(
            *(event for row in unread for event in row.ids[:5]),
            *(Line(row.id, 1) for row in keys.values() if unequal),
        ),
        nodes=nodes,
    )


def _mutual(store: Store, unread: list[Row]) -> bool:
    """Both sides suffer, with one stack and one setting of the encryption."""
    logged = [row for row in store.rows(STACKS) if row.has_logs]
    stacks = {(row.stack or "").removesuffix("-v0").removesuffix("-v1") for row in logged if row.stack}
    if not unread or len(stacks) > 1:
        return False
    files = [file for file in _files.files(store, "corosync.conf") if file.node is not None]
    settings = {tuple(file.get(path, "none").lower() for path in CRYPTO) for file in files}
    if len(settings) > 1:
        return False
    return len(unread) > 1 or len(logged) == 1
