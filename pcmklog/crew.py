"""Several processes that do one kind of work, in order: what scanning large logs is worth on more than one processor.

The processes are forked, so that they have the automaton and the catalogue at once.  Where a system does not fork
safely (macOS, Windows) there is no crew, and the work is done by the process itself.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from mmap import mmap
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
MOST_WAITING = 8  # results that wait for an earlier one
AT_HAND = 2  # tasks that a process has: the next one is there when it is done with the first
ROOM = 1 << 22  # bytes of memory for a task, and then for what became of it


def forks() -> bool:
    """Whether a crew can be here."""
    return sys.platform != "darwin" and "fork" in multiprocessing.get_all_start_methods()


def processors() -> int:
    """How many processes are of use here: the processors that this process may run on, 1 where a crew cannot be."""
    if not forks():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Given(Generic[Task, Result]):
    """A task, and what became of it."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.results: list[Result | Exception] = []  # one when it is done


class _Line:
    """A pipe with memory beside it that both ends see: a megabyte through a pipe alone holds up both."""

    def __init__(self, pipe: Connection, memory: mmap) -> None:
        self.pipe = pipe
        self._memory = memory

    def send(self, place: int, value: object, *, whole: bool = False) -> bool:
        """Sends a value by its place in memory; one for which there is no room only as a `whole` through the pipe."""
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        if len(data) <= ROOM:
            self._memory[place * ROOM : place * ROOM + len(data)] = data
            self.pipe.send((place, len(data), b""))
        elif whole:
            self.pipe.send((place, 0, data))
        return whole or len(data) <= ROOM

    def receive(self) -> tuple[int, object]:
        """What was sent, and its place; EOFError or OSError if the other end is gone."""
        place, size, data = self.pipe.recv()
        with memoryview(self._memory) as memory, memory[place * ROOM : place * ROOM + size] as part:
            return place, pickle.loads(data or part)  # noqa: S301 - a process of ours made it


class _Hand(Generic[Task, Result]):
    """Another process, and what it was given, in that order."""

    def __init__(self, line: _Line) -> None:
        self._line = line
        self._free = [*range(AT_HAND)]
        self._given: deque[_Given[Task, Result]] = deque()

    def takes(self, given: _Given[Task, Result]) -> bool:
        """Gives it the task, unless it has enough to do, is gone, or the task is too large."""
        if not self._free:
            return False
        try:
            taken = self._line.send(self._free[-1], given.task)
        except OSError:  # it is gone, killed for memory, say: the others go on
            self._free = []
            return False
        if taken:
            self._free.pop()
            self._given.append(given)
        return taken

    def collect(self, *, until: _Given[Task, Result] | None = None) -> None:
        """Takes over what is done; waits for one task if it has that.  If it is gone, nobody does its tasks."""
        with suppress(EOFError, OSError):
            while self._given and (until in self._given or self._line.pipe.poll()):
                place, result = self._line.receive()
                self._free.append(place)
                self._given.popleft().results.append(result)  # type: ignore[arg-type]
            return
        self._free = []
        self._given.clear()

    def close(self) -> None:
        """Lets the process end."""
        self._line.pipe.close()


class Crew(Generic[Task, Result]):
    """This process and `count - 1` more that do `work`; those end with the crew's `close` or with this process."""

    def __init__(self, work: Callable[[Task], Result], count: int) -> None:
        self._work = work
        context = multiprocessing.get_context("fork")
        pipes: list[Connection] = []
        self._hands: list[_Hand[Task, Result]] = []
        for _ in range(count - 1):
            memory = mmap(-1, AT_HAND * ROOM)
            ours, theirs = context.Pipe()
            pipes.append(ours)
            process = context.Process(target=self._serve, args=(_Line(theirs, memory), pipes), daemon=True)
            with warnings.catch_warnings():
                # DuckDB has threads by now.  The forked processes never touch DuckDB, and Python's own locks are free.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            theirs.close()
            self._hands.append(_Hand(_Line(ours, memory)))

    def map(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The results in the order of the tasks; what no other process is free for is done here."""
        waiting: deque[_Given[Task, Result]] = deque()
        for task in tasks:
            given = _Given[Task, Result](task)
            waiting.append(given)
            for hand in self._hands:
                hand.collect()
            if not any(hand.takes(given) for hand in self._hands):
                given.results.append(self._work(task))
            while waiting and (waiting[0].results or len(waiting) > MOST_WAITING):
                yield self._result(waiting.popleft())
        while waiting:
            yield self._result(waiting.popleft())

    def close(self) -> None:
        """Lets the processes end."""
        for hand in self._hands:
            hand.close()
        self._hands = []

    def _result(self, given: _Given[Task, Result]) -> Result:
        """What became of the task; if its process is gone the work is done here."""
        for hand in self._hands:
            if not given.results:
                hand.collect(until=given)
        result = given.results[0] if given.results else self._work(given.task)
        if isinstance(result, Exception):
            raise result
        return result

    def _serve(self, line: _Line, others: list[Connection]) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked decides
        for other in others:  # else the end of the asking process would not be seen
            other.close()
        with suppress(EOFError, OSError):  # it has ended
            while True:
                place, task = line.receive()
                try:
                    result: object = self._work(task)  # type: ignore[arg-type]
                except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
                    result = error
                line.send(place, result, whole=True)
