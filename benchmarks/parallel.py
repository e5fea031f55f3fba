"""python -m benchmarks.parallel [BUNDLE ...]: ingestion with two processes against one, in turns."""

from __future__ import annotations

import sys

from benchmarks.measure import PYTHON, bundles, paired, show


def main() -> None:
    for bundle in bundles(sys.argv[1:], ".tar.gz"):
        command = [PYTHON, "-m", "benchmarks.load", str(bundle), "-"]
        two, one, ratio = paired([*command, "2"], [*command, "1"], 3)
        show(f"{bundle.name}: two processes", two)
        show(f"{bundle.name}: one process", one)
        print(f"{bundle.name}: ratio {ratio.wall:.2f} wall, {ratio.cpu:.2f} CPU", flush=True)


if __name__ == "__main__":
    main()
