"""From events to the lives of daemons, and to the starts and stops of each node.

Makes the tables `node`, `life`, `boot`, `sequence`, `step`, `deviation` and `membership`, which
`sql/sequences.sql` describes.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import count

from pcmklog.sequences.fold import sequences
from pcmklog.sequences.heard import heard
from pcmklog.sequences.lives import NodeLives
from pcmklog.sequences.model import child_order, model, version_key, within
from pcmklog.sequences.profile import Profile, profile
from pcmklog.sequences.settle import Hole, settle
from pcmklog.sequences.tables import Writer
from pcmklog.store import Store

HOLES = "select began, until from log_hole where node = ? and began < until order by began"

__all__ = ["child_order", "fold", "version_key", "within"]


def fold(store: Store) -> None:
    """Fills the tables from the events of the store."""
    writer = Writer(store)
    numbers = count(1)
    words = heard(store)
    for node, told in words.items():
        events = [event for event in told if event.ts is not None]
        folded = NodeLives(node, numbers)
        lives = folded.fold(events)
        settle(lives, events, [Hole(row.began, row.until) for row in store.rows(HOLES, node)])
        known: Profile = profile(store, node, lives, events, [event for event in told if event.ts is None])
        end_of_log = events[-1].ts or 0.0 if events else 0.0
        writer.row("node", **known.row())
        writer.lives(lives, known.stacks)
        writer.boots(node, folded.boots)
        writer.sequences(sequences(node, lives, events, model(known.stack or ""), known.pacemaker, end_of_log))
    for name in silent_members(store, words):
        writer.row("node", **profile(store, name, [], []).row())
    writer.finish()


def silent_members(store: Store, heard: Collection[str]) -> list[str]:
    """Members that a configuration or a folder names, of which no line was read."""
    rows = store.rows(
        "select distinct node as name from node_alias union select node from source where node is not null order by 1"
    )
    return [row.name for row in rows if row.name not in heard]
