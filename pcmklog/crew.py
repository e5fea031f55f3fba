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
MOST_WAITING = 8  # results that wait for an earlier one


def forks() -> bool:
    """Whether a crew can be here."""
    return sys.platform != "darwin" and "fork" in multiprocessing.get_all_start_methods()


def processors() -> int:
    """How many processes are of use here: the processors that this process may run on, 1 where a crew cannot be."""
    if not forks():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Given(Generic[Task, Result]):
    """A task that was given to the process at the end of `line`, or that is done."""

    def __init__(self, task: Task, line: Connection | None) -> None:
        self.task = task
        self.line = line
        self.result: Result | None = None


class Crew(Generic[Task, Result]):
    """This process and `count - 1` more that do `work`; those end with the crew's `close` or with this process."""

    def __init__(self, work: Callable[[Task], Result], count: int) -> None:
        self._work = work
        context = multiprocessing.get_context("fork")
        self._free: list[Connection] = []
        for _ in range(count - 1):
            ours, theirs = context.Pipe()
            process = context.Process(target=self._serve, args=(theirs, [*self._free, ours]), daemon=True)
            with warnings.catch_warnings():
                # DuckDB has threads by now.  The forked processes never touch DuckDB, and Python's own locks are free.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            theirs.close()
            self._free.append(ours)
        self._lines = [*self._free]

    def map(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in the order of the tasks; what no other process is free for is done here."""
        waiting: deque[_Given[Task, Result]] = deque()
        for task in tasks:
            for given in waiting:
                if given.line is not None and given.line.poll():
                    self._collect(given)
            given = _Given[Task, Result](task, self._send(task))
            if given.line is None:
                given.result = self._work(task)
            waiting.append(given)
            while waiting and (waiting[0].line is None or len(waiting) > MOST_WAITING):
                yield self._collect(waiting.popleft())
        while waiting:
            yield self._collect(waiting.popleft())

    def close(self) -> None:
        """Lets the processes end."""
        for line in self._lines:
            line.close()
        self._lines = []

    def _send(self, task: Task) -> Connection | None:
        """Gives the task to a free process, if there is one."""
        while self._free:
            line = self._free.pop()
            try:
                line.send(task)
            except OSError:  # the process is gone, killed for memory, say: the others go on
                continue
            return line
        return None

    def _collect(self, given: _Given[Task, Result]) -> Result:
        """What became of the task; if its process is gone the work is done here."""
        if given.line is not None:
            try:
                done: Result | Exception = given.line.recv()
            except (EOFError, OSError):
                done = self._work(given.task)
            else:
                self._free.append(given.line)
            given.line = None
            if isinstance(done, Exception):
                raise done
            given.result = done
        assert given.result is not None
        return given.result

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
