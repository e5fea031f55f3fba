"""Runs commands and reads what the kernel counted; machines are noisy, so pairs run in turns and medians count."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROUNDS = 3
PYTHON = sys.executable


class Usage(NamedTuple):
    """What a command and its children used: CPU seconds (user + sys), wall seconds, peak MB of the largest process."""

    cpu: float
    wall: float
    mb: float


def run(command: Sequence[str] | str) -> Usage:
    """Runs a command, or a line for the shell; its output is thrown away.  Ends the program if it fails."""
    began = time.monotonic()
    with subprocess.Popen(
        command, shell=isinstance(command, str), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        error = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # 1: the bundle has faults
        sys.exit(f"{command}: exit status {process.returncode}: {error.decode(errors='replace')[-500:]}")
    peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Usage(used.ru_utime + used.ru_stime, time.monotonic() - began, peak)


def middle(runs: Sequence[Usage]) -> Usage:
    """The median of each figure."""
    return Usage(*(median(values) for values in zip(*runs, strict=True)))


def paired(ours: Sequence[str] | str, theirs: Sequence[str] | str, rounds: int = ROUNDS) -> tuple[Usage, Usage, Usage]:
    """Both in turns: the medians of ours, of theirs, and of the ratios of each round."""
    run(theirs)  # so that the page cache is warm for both
    rounds_ = [(run(ours), run(theirs)) for _ in range(rounds)]
    ratios = [Usage(*(a / b if b else 0.0 for a, b in zip(mine, other, strict=True))) for mine, other in rounds_]
    return middle([mine for mine, _ in rounds_]), middle([other for _, other in rounds_]), middle(ratios)


def show(name: str, usage: Usage) -> None:
    """One row: what, CPU, wall, memory."""
    print(f"{name:48} {usage.cpu:8.2f} CPU-s {usage.wall:8.2f} s {usage.mb:7.0f} MB", flush=True)


def show_pair(name: str, pair: tuple[Usage, Usage, Usage], peer: str) -> None:
    """Three rows: ours, theirs, and the ratio."""
    ours, theirs, ratio = pair
    show(f"{name}: pcmklog", ours)
    show(f"{name}: {peer}", theirs)
    print(f"{name + ': ratio':48} {ratio.cpu:8.2f} CPU   {ratio.wall:8.2f} wall", flush=True)


def bundles(arguments: Sequence[str], *endings: str) -> list[Path]:
    """The bundles that were named, else those in the folder $PCMKLOG_BENCH; ends the program where there are none."""
    folder = os.environ.get("PCMKLOG_BENCH")
    found = [Path(name) for name in arguments] or (
        sorted(path for path in Path(folder).iterdir() if path.name.endswith(endings)) if folder else []
    )
    if not found:
        sys.exit(
            f"Name bundles ({', '.join(endings)}), or a folder of them in $PCMKLOG_BENCH; see benchmarks/README.md"
        )
    return found


def folders(arguments: Sequence[str]) -> list[Path]:
    """The folders of plain log files that were named, else those in $PCMKLOG_BENCH."""
    folder = os.environ.get("PCMKLOG_BENCH")
    found = [Path(name) for name in arguments] or (
        sorted(path for path in Path(folder).iterdir() if path.is_dir()) if folder else []
    )
    if not found:
        sys.exit("Name folders of plain log files, or a folder of them in $PCMKLOG_BENCH; see benchmarks/README.md")
    return found
