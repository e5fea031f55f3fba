"""Several processes give what one gives, in the same order, also when they are killed."""

import io
import os
import signal
import time

import pytest

from pcmklog import scan
from pcmklog.catalog import Catalog
from pcmklog.crew import ROOM, Crew
from pcmklog.scan import Scanner, Summary


def slow_double(number):
    time.sleep(0.002 * (number % 5))
    return 2 * number


def who(_):
    time.sleep(0.01)
    return os.getpid()


@pytest.fixture
def crew():
    crews = []

    def make(work, count=3):
        crews.append(Crew(work, count))
        return crews[-1]

    yield make
    for made in crews:
        made.close()


def test_results_come_in_the_order_of_the_tasks(crew):
    assert list(crew(slow_double).map(range(50))) == [2 * number for number in range(50)]


def test_several_processes_work(crew):
    assert len(set(crew(who).map(range(30)))) == 3


def test_a_crew_can_be_called_again(crew):
    made = crew(slow_double)
    assert list(made.map([1, 2])) + list(made.map([3])) == [2, 4, 6]


@pytest.mark.parametrize("wrong", range(6))
def test_what_goes_wrong_in_any_process_is_raised(crew, wrong):
    with pytest.raises(ZeroDivisionError):
        list(crew(lambda number: 1 / (number - wrong)).map(range(6)))


def test_the_work_of_a_killed_process_is_done_by_the_others(crew):
    made = crew(who)
    for process in set(made.map(range(30))) - {os.getpid()}:
        os.kill(process, signal.SIGKILL)
    assert set(made.map(range(6))) == {os.getpid()}


@pytest.mark.parametrize("size", [0, 100, ROOM - 100, ROOM, 3 * ROOM])
def test_large_tasks_and_large_results_come_whole(crew, size):
    assert list(crew(bytes, 2).map([size] * 6)) == [bytes(size)] * 6
    assert list(crew(len, 2).map([bytes(size)] * 6)) == [size] * 6


def columns(jobs, data):
    scanner, summary = Scanner(Catalog.load(), jobs=jobs), Summary()
    try:
        return [
            (b.first_line, b.lines, b.parsed, b.z, b.columns) for b in scanner.scan(io.BytesIO(data), summary)
        ], summary
    finally:
        scanner.close()


def test_a_log_reads_the_same_with_several_processes(monkeypatch):
    monkeypatch.setattr(scan, "CREW_FROM", 1)
    months = ("Oct", "Nov", "Dec", "Jan", "Feb", "Nov", "Jan")
    data = b"".join(
        b"%s %02d 10:15:01 node1 pacemakerd[51]:  notice: Forked child %d for process cib\n"
        b"corosync [MAIN  ] Completed service synchronization, ready to provide service.\n"
        b"%s\n" % (month.encode(), day, day, b"x" * 30000)
        for month in months
        for day in range(1, 29)
    )
    (one, first), (two, second) = columns(1, data), columns(2, data)
    assert len(one) > 4
    assert one == two
    assert first == second
