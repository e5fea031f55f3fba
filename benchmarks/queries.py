"""python -m benchmarks.queries [DATABASE | BUNDLE ...]: raw lines around a moment, and a line with its neighbours.

What is measured is the wall time of each query in a process that has opened a kept database, over moments and lines
spread over the whole bundle.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.measure import PYTHON, bundles, run
from pcmklog import rawlines
from pcmklog.analyze import load
from pcmklog.kept import is_kept
from pcmklog.store import Store

AROUND = 60.0
SCREEN = 1000
TIMES = 25


def opened(path: Path) -> Store:
    store = Store()
    load([path], store)
    return store


def timed(name: str, path: Path, queries: list[Callable[[Store], int]]) -> None:
    """Each query with nothing at hand from the one before."""
    took, found = [], []
    for query in queries:
        store = opened(path)
        began = time.monotonic()
        found.append(query(store))
        took.append((time.monotonic() - began) * 1000)
    print(
        f"{name:48} median {median(took):6.0f} ms, largest {max(took):6.0f} ms, {median(found):.0f} lines", flush=True
    )


def measure(path: Path) -> None:
    chance = random.Random(2010)
    store = opened(path)
    span = store.one("select min(first_ts) as first, max(last_ts) as last from source where role = 'log'")
    sources = store.rows("select id, lines from source where role = 'log' and lines > 1000")
    moments = [chance.uniform(span.first, span.last) for _ in range(TIMES)]
    places = [(source.id, chance.randint(1, source.lines)) for source in chance.choices(sources, k=TIMES)]

    def screen(moment: float) -> Callable[[Store], int]:
        return lambda store: len(list(islice(rawlines.between(store, moment - AROUND, moment + AROUND), SCREEN)))

    def everything(moment: float) -> Callable[[Store], int]:
        return lambda store: sum(1 for _ in rawlines.between(store, moment - AROUND, moment + AROUND))

    def neighbours(source: int, line: int) -> Callable[[Store], int]:
        return lambda store: len(store.raw_lines(source, line - 10, line + 10))

    timed("+-60 s, all nodes: the first 1000 lines", path, [screen(moment) for moment in moments])
    timed("+-60 s, all nodes: all lines", path, [everything(moment) for moment in moments[:5]])
    timed("a line with ten before and behind it", path, [neighbours(*place) for place in places])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(bundles(sys.argv[1:], ".tar.gz", ".tar.xz", ".duckdb")):
            database = path
            if not is_kept(path):
                database = Path(folder) / str(number)
                run([PYTHON, "-m", "pcmklog", "analyze", str(path), "-q", "-o", folder, "--database", str(database)])
            print(path.name)
            measure(database)


if __name__ == "__main__":
    main()
