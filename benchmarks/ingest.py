"""python -m benchmarks.ingest [BUNDLE ...]: ingestion against unpacking alone (`tar -xO | wc -l`), in turns."""

from __future__ import annotations

import shlex
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import PYTHON, bundles, paired, run, show_pair

FLOORS = {
    ".tar.gz": "tar -xOf {} | wc -l",
    ".tgz": "tar -xOf {} | wc -l",
    ".tar.xz": "xz -dc {} | tar -xO | wc -l",
    ".tar": "tar -xOf {} | wc -l",
}


def main() -> None:
    for bundle in bundles(sys.argv[1:], *FLOORS):
        floor = next(command for ending, command in FLOORS.items() if bundle.name.endswith(ending))
        floor = floor.format(shlex.quote(str(bundle)))
        show_pair(bundle.name, paired([PYTHON, "-m", "benchmarks.load", str(bundle)], floor), "unpacking alone")
        with tempfile.TemporaryDirectory() as folder:
            run([PYTHON, "-m", "benchmarks.load", str(bundle), f"{folder}/kept"])
            print(f"{bundle.name}: database of {(Path(folder) / 'kept').stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
