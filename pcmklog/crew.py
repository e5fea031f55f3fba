"""Several processes that do one kind of work, in order: what scanning large logs is worth on more than one processor.

The processes are forked, so that they have the automaton and the catalogue at once.  Where a system does not fork
safely (macOS, Windows) there is no crew, and the work is done by the process itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def processors() -> int:
    """How many processes are of use here: the processors that this process may run on, 1 where a crew cannot be."""
    if sys.platform == "darwin" or "fork" not in multiprocessing.get_all_start_methods():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew(Generic[Task, Result]):
    """`count` processes that each do `work`; they end with the crew's `close` or with this process."""

    def __init__(self, work: Callable[[Task], Result], count: int) -> None:
        self._work = work
        context = multiprocessing.get_context("fork")
        self._lines: list[Connection] = []
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=self._serve, args=(theirs, [*self._lines, ours]), daemon=True)
            with warnings.catch_warnings():
                # DuckDB has threads by now.  The forked processes never touch DuckDB, and Python's own locks are free.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            theirs.close()
            self._lines.append(ours)

    def map(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in the order of the tasks; while one task is worked on the next ones are fetched."""
        free = deque(self._lines)
        busy: deque[tuple[Connection, Task]] = deque()
        for task in tasks:
            if not free:
                line, given = busy.popleft()
                yield self._result(line, given)
                free.append(line)
            line = free.popleft()
            self._send(line, task)
            busy.append((line, task))
        while busy:
            yield self._result(*busy.popleft())

    def close(self) -> None:
        """Lets the processes end."""
        for line in self._lines:
            line.close()
        self._lines = []

    @staticmethod
    def _send(line: Connection, task: Task) -> None:
        try:
            line.send(task)
        except OSError:  # the process is gone: `_result` does its work
            line.close()

    def _result(self, line: Connection, task: Task) -> Result:
        """What the process made of the task; if it was killed (for memory, say) the work is done here."""
        try:
            done: Result | Exception = line.recv()
        except (EOFError, OSError):
            return self._work(task)
        if isinstance(done, Exception):
            raise done
        return done

    def _serve(self, line: Connection, others: list[Connection]) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked decides
        for other in others:  # else the end of the asking process would not be seen
            other.close()
        while True:
            try:
                task = line.recv()
            except (EOFError, OSError):
                return
            try:
                line.send(self._work(task))
            except OSError:
                return
            except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
                line.send(error)
