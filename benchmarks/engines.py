"""python -m benchmarks.engines [FOLDER ...]: the scan of plain log files with each of the two matchers, in turns."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measure import PYTHON, folders, paired, show
from pcmklog.catalog import Catalog
from pcmklog.scan import Scanner, Summary


def scan(engine: str, folder: Path) -> None:
    scanner = Scanner(Catalog.load(), engine)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json"):
        with path.open("rb") as stream:
            for _block in scanner.scan(stream, Summary()):
                pass


def main() -> None:
    for folder in folders(sys.argv[1:]):
        command = [PYTHON, "-m", "benchmarks.engines", "--scan"]
        portable, fast, ratio = paired([*command, "ahocorasick", str(folder)], [*command, "hyperscan", str(folder)], 3)
        show(f"{folder.name}: ahocorasick_rs", portable)
        show(f"{folder.name}: hyperscan", fast)
        print(f"{folder.name}: ratio {ratio.cpu:.2f} CPU", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--scan"]:
        scan(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
