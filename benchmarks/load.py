"""python -m benchmarks.load BUNDLE [DATABASE [JOBS]]: ingests a bundle to a complete DuckDB file, raw text included.

This is what the ratios are about: decompression, lines, events, storage; no rule and no report.  One process unless
JOBS says otherwise; `-` stands for a database that is thrown away.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pcmklog import kept
from pcmklog.bundle import open_bundle
from pcmklog.catalog import Catalog
from pcmklog.ingest import read
from pcmklog.store import Store


def load(path: Path, database: Path, jobs: int = 1) -> None:
    store = Store()
    bundle = open_bundle([path])
    read(bundle, store, Catalog.load(), jobs=jobs)
    kept.keep(store, bundle, database)


def main() -> None:
    bundle, database, jobs = [*sys.argv[1:], *("-", "1")[len(sys.argv) - 2 :]]
    with tempfile.TemporaryDirectory() as folder:
        load(Path(bundle), Path(folder) / "kept" if database == "-" else Path(database), int(jobs))


if __name__ == "__main__":
    main()
