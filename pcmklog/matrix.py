"""The configuration of all nodes side by side: what one has and another has not, or has otherwise."""

from __future__ import annotations

from typing import Any

from pcmklog.store import Store

Report = dict[str, Any]
MOST = 400  # values; those that differ stand first
# What is configured, and what is installed.  Of the CIB the options of the cluster: its resources are no setting of a
# node.  Passwords are shown to nobody.
TOLD = r"""
(
  file in ('corosync.conf', 'cluster.conf', 'packages', 'pacemaker.env')
  or (file = 'cib.xml' and regexp_matches(path, '^(property\..*|cib\.validate-with|cib\.crm_feature_set)$'))
) and not regexp_matches(lower(path), 'passw|secret|authkey')
"""
# A file that a bundle has twice counts once: the first.
SETTINGS = f"""
with value as (
  select s.file, s.path, coalesce(s.node, '') as node, arg_min(s.value, (s.source, s.line)) as value
  from setting s
  where {TOLD}
  group by all
)
select file, path, map_from_entries(list((node, value) order by node)) as by_node, count(distinct value) as values,
  count(*) as nodes
from value
group by file, path
order by list_position(['packages', 'corosync.conf', 'cluster.conf', 'pacemaker.env', 'cib.xml'], file), min(path)
"""


def settings(store: Store) -> list[Report]:
    """The key `settings`: file, path, `values` by node (`""`: of a file of the whole cluster), whether they differ."""
    rows = store.rows(SETTINGS)
    having: dict[str, set[str]] = {}
    for row in rows:
        having.setdefault(row.file, set()).update(row.by_node)
    found = [
        {
            "file": row.file,
            "path": row.path,
            "values": dict(row.by_node),
            "differs": row.values > 1 or row.nodes < len(having[row.file]),
        }
        for row in rows
    ]
    if len(found) > MOST:
        kept = {id(row) for row in sorted(found, key=lambda row: not row["differs"])[:MOST]}
        found = [row for row in found if id(row) in kept]
    return found
