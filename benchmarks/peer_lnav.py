"""python -m benchmarks.peer_lnav [FOLDER ...]: ingestion of plain files against lnav's indexing of the same, in turns.

lnav reads headers and times only, classifies nothing, and is asked to print nothing.  Debian has it (`apt-get install
lnav`).  For Pacemaker's detail log, which it does not know, it gets a format of its own (benchmarks/lnav).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.measure import PYTHON, folders, paired, show_pair

OURS = Path(__file__).parent / "lnav"


def main() -> None:
    if shutil.which("lnav") is None:
        sys.exit("lnav is not installed (Debian: apt-get install lnav).")
    for folder in folders(sys.argv[1:]):
        files = [str(path) for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".json"]
        lnav = ["lnav", "-I", str(OURS), "-n", "-c", ":switch-to-view db", *files]
        show_pair(folder.name, paired([PYTHON, "-m", "benchmarks.load", str(folder)], lnav, 3), "lnav")


if __name__ == "__main__":
    main()
