"""python -m benchmarks.cli [BUNDLE ...]: CPU seconds of `--help`, and of the analysis of each bundle.

Without arguments the bundles are the samples of the project.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measure import PYTHON, ROUNDS, middle, run, show

SAMPLES = Path(__file__).parent.parent / "sample_logs" / "bundles"


def main() -> None:
    pcmklog = [PYTHON, "-m", "pcmklog"]
    run([*pcmklog, "--help"])
    show("--help", middle([run([*pcmklog, "--help"]) for _ in range(2 * ROUNDS)]))
    used = []
    with tempfile.TemporaryDirectory() as folder:
        for bundle in map(Path, sys.argv[1:] or sorted(map(str, SAMPLES.iterdir()))):
            command = [*pcmklog, "analyze", str(bundle), "--quiet", "--output", folder]
            used.append(middle([run(command) for _ in range(3)]))
            show(bundle.name, used[-1])
    print(f"median {median(u.cpu for u in used):.2f} CPU-s, largest {max(u.cpu for u in used):.2f}")


if __name__ == "__main__":
    main()
