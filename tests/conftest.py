"""What the tests share: the labelled bundles where they are there, and the command in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus import ROOT, corpus_folder

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# The figures of the labelled bundles can only be compared where those are.
collect_ignore = [] if corpus_folder() else ["test_corpus.py"]


@pytest.fixture(scope="session")
def corpus() -> Path | None:
    """The folder of labelled bundles, or None."""
    return corpus_folder()


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def run() -> Run:
    """`run("analyze", path, ...)` is the command line in a process of its own, whose output is text."""

    def run(*arguments: object, timeout: float = 120, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pcmklog", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=timeout, check=False, **options)  # type: ignore[call-overload, no-any-return]

    return run
