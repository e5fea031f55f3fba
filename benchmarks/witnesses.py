"""How many events several files tell, and how many seem to be told twice: `python benchmarks/witnesses.py FOLDER...`.

FOLDER holds one folder for each case, with its bundle beside `expect.json`.  A line for each case says how many events
it has, how many of them have more than one witness, and how many look alike but were not joined: same node, process
and words, no source in common, within three seconds of each other.  `--show N` prints N of the latter of each case.

The labelled bundles (historic, modern, modern2, public) have 101 336 events in 159 897 lines; 48 414 of them have more
than one witness, and none has one of the latter kind (20 did when events were joined within 1.5 s only).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pcmklog import analyze
from pcmklog.model import PcmklogError
from pcmklog.store import Store

JOINED = """
select count(*) as events, count(*) filter (where n > 1) as joined, coalesce(sum(n), 0)::bigint as lines
from (select event, count(*) as n from witness group by event)
"""
ALIKE = """
with told as (
  select e.id, e.node, e.daemon, e.pid, e.kind, e.logged, e.text, list(w.source) as sources,
    rtrim(split_part(e.text, '| ', 1), ' .') as words
  from event e join witness w on w.event = e.id
  where e.logged is not null and e.kind <> 'log.unexplained' group by all
)
select a.node, a.kind, b.logged - a.logged as later, a.text, b.text as other
from told a join told b on a.node = b.node and a.daemon = b.daemon and a.kind = b.kind and a.words = b.words
  and a.id < b.id and b.logged - a.logged <= 3 and not list_has_any(a.sources, b.sources)
  and (a.pid = b.pid or a.pid is null or b.pid is null)
order by a.logged
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--show", type=int, default=0)
    asked = parser.parse_args()
    total = [0, 0, 0, 0]
    for case in sorted(case for folder in asked.folders for case in folder.iterdir() if case.is_dir()):
        bundle = [path for path in case.iterdir() if path.suffix not in (".json", ".md")]
        store = Store()
        try:
            analyze.load(bundle, store)
        except PcmklogError:
            continue
        row, alike = store.one(JOINED), store.rows(ALIKE)
        figures = [row.events, row.joined, row.lines, len(alike)]
        total = [a + b for a, b in zip(total, figures, strict=True)]
        print("{:48} {:7} events {:7} joined {:7} lines {:4} alike".format(case.name[:48], *figures))
        for pair in alike[: asked.show]:
            print(f"    {pair.node} {pair.kind} +{pair.later:.3f} {pair.text[:90]!r} {pair.other[:90]!r}")
    print("{:48} {:7} events {:7} joined {:7} lines {:4} alike".format("all", *total))


if __name__ == "__main__":
    main()
