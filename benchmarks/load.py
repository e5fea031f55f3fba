"""python -m benchmarks.load BUNDLE [DATABASE]: ingests a bundle to a complete DuckDB file, raw text included.

This is what the ratios are about: decompression, lines, events, storage; no rule and no report.
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


def load(path: Path, database: Path) -> None:
    store = Store()
    bundle = open_bundle([path])
    read(bundle, store, Catalog.load())
    kept.keep(store, bundle, database)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        load(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            load(Path(sys.argv[1]), Path(folder) / "kept")
