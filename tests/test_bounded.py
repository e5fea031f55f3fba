"""Findings of a rule that are too many to be told one by one: none is lost, the rest is counted and dated."""

import re

from pcmklog.model import Finding
from pcmklog.rule import MOST, bounded

HOUR = 3600.0


def many(number, node="node1", every=HOUR):
    return [
        Finding(
            node, f"Number {n}.", at=n * every, evidence=(n,), severity="critical" if n == number - 1 else "warning"
        )
        for n in range(number)
    ]


def test_as_many_as_are_told_one_by_one_stay_as_they_are():
    assert bounded(many(MOST + 1)) == many(MOST + 1)


def test_more_are_counted_in_one_finding_that_tells_when_and_how_grave():
    *told, rest = bounded(many(MOST + 30)[::-1])
    assert [finding.title for finding in told] == [f"Number {n}." for n in range(MOST)]
    assert re.match(r"30 more of this kind on node1, from 1970-01-03 02:00:00 to 1970-01-04 07:00:00: ", rest.title)
    assert (rest.at, rest.until) == (MOST * HOUR, (MOST + 29) * HOUR)
    assert rest.severity == "critical"
    assert rest.evidence == tuple(range(MOST, MOST + 30))


def test_each_node_is_counted_for_itself():
    found = bounded(many(MOST + 5, "node1", 1.0) + many(3, "node2", 1.0))
    assert len([finding for finding in found if finding.node == "node1"]) == MOST + 1
    assert [finding.title for finding in found if finding.node == "node2"] == ["Number 0.", "Number 1.", "Number 2."]
    assert any(
        finding.title.startswith("5 more of this kind on node1, from 00:00:50 to 00:00:54: ") for finding in found
    )
