"""Memberships: who was in them as the nodes saw it, who came and who went."""

from tests.logs import corosync, loaded
from tests.test_state import LATE, files, ring


def memberships(store):
    rows = store.rows("select * from membership order by ts, event")
    return [(row.ring, row.members, row.joined, row.gone) for row in rows]


def test_a_membership_has_the_members_that_its_nodes_saw_and_who_came_and_went(tmp_path):
    both = ["node1", "node2"]
    logs = [
        line
        for at, number, members in ((1, "9", both), (40, "d", both[:1]))
        for line in ring(at, "node1", number, members)
    ]
    logs += ring(1, "node2", "9", both) + LATE
    assert memberships(loaded(tmp_path, files(logs))) == [
        ("1.9", both, both, []),
        ("1.d", ["node1"], [], ["node2"]),
    ]


def test_memberships_without_an_id_are_not_one(tmp_path):
    formed = "[TOTEM ] A processor joined or left the membership and a new membership was formed."
    told = ((1, "Members[1]: 1"), (20, "Members[2]: 1 2"), (60, "Members[1]: 1"))
    logs = [line for at, said in told for line in corosync(at, [(0, formed), (0.01, f"[QUORUM] {said}")], "node1")]
    found = memberships(loaded(tmp_path, files([*logs, *LATE])))
    assert [(name, members) for name, members, _, _ in found] == [
        (None, ["node1"]),
        (None, ["node1", "node2"]),
        (None, ["node1"]),
    ]
    assert found[2][3] == ["node2"]


def test_memberships_that_follow_each_other_within_a_second_keep_their_own_members(tmp_path):
    """A link that flaps takes a node out and back within a second, and syslog has no finer stamps."""
    both = ["node1", "node2"]
    told = ((1, "9", both), (40, "d", both[:1]), (41, "11", both))
    logs = [line for at, number, members in told for line in ring(at, "node1", number, members)] + LATE
    assert memberships(loaded(tmp_path, files(logs))) == [
        ("1.9", both, both, []),
        ("1.d", ["node1"], [], ["node2"]),
        ("1.11", both, ["node2"], []),
    ]
