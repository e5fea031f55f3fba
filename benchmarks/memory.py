"""python -m benchmarks.memory [BUNDLE ...]: peak memory of ingestion, and of a whole analysis with its reports.

Without arguments it makes bundles of 1 and of 4 GB and ingests them, which takes some minutes.  Those tell nothing of
an analysis: what they say comes in no order that a cluster has.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.make_bundle import make
from benchmarks.measure import PYTHON, run, show


def ingestion(bundle: Path) -> None:
    show(f"{bundle.name}: ingestion", run([PYTHON, "-m", "benchmarks.load", str(bundle)]))


def analysis(bundle: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [PYTHON, "-m", "pcmklog", "analyze", str(bundle), "--quiet", "--output", folder]
        show(f"{bundle.name}: analysis and reports", run(command))


def main() -> None:
    for bundle in map(Path, sys.argv[1:]):
        ingestion(bundle)
        analysis(bundle)
    with tempfile.TemporaryDirectory() as folder:
        for size in () if sys.argv[1:] else (1 << 30, 4 << 30):
            bundle = make(Path(folder) / f"{size >> 30}GB", size)
            ingestion(bundle)
            bundle.unlink()


if __name__ == "__main__":
    main()
