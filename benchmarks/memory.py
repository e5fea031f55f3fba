"""python -m benchmarks.memory [BUNDLE ...]: peak memory of ingestion and of a whole analysis with all reports.

Without arguments it makes bundles of 1 and of 4 GB, which takes some minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.make_bundle import make
from benchmarks.measure import PYTHON, run, show


def measure(bundle: Path, folder: Path) -> None:
    show(f"{bundle.name}: ingestion", run([PYTHON, "-m", "benchmarks.load", str(bundle)]))
    analysis = [PYTHON, "-m", "pcmklog", "analyze", str(bundle), "--quiet", "--output", str(folder / "reports")]
    show(f"{bundle.name}: analysis and reports", run(analysis))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for bundle in map(Path, sys.argv[1:]):
            measure(bundle, folder)
        for size in () if sys.argv[1:] else (1 << 30, 4 << 30):
            bundle = make(folder / f"{size >> 30}GB", size)
            measure(bundle, folder)
            bundle.unlink()


if __name__ == "__main__":
    main()
