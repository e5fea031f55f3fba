"""Texts of sections, as supportconfig of SUSE writes them: each section is read as what it is."""

from __future__ import annotations

import lzma

import pytest

from pcmklog.bundle import Limits
from pcmklog.bundle.streams import CHUNK
from tests.bundles import LOG, NUMBERS, PACK, codes, read, tar, writer
from tests.logs import COROSYNC_START, corosync, loaded, pacemaker_start, text

written = pytest.fixture(writer)

INTRO = "=====\n          Support Utilities - Supportconfig\n=====\n\n"
CONF = "totem {\nversion: 2\ncluster_name: web\n}\nnodelist {\nnode {\nname: node1\nnodeid: 1\n}\n}\n"


def section(kind, title, content=""):
    return f"#==[ {kind} ]{'=' * 38}#\n# {title}\n{content}\n"


def supportconfig(node="node1"):
    """The files of a supportconfig by their names."""
    ha = (
        INTRO
        + section("Command", "/bin/rpm -qa | grep pacemaker", "pacemaker-2.1.5-1.2.x86_64\ncorosync-2.4.6-3.1.x86_64\n")
        + section("Configuration File", "/etc/corosync/corosync.conf", CONF)
        + section("Configuration File", "/etc/sysconfig/sbd", "SBD_PACEMAKER=yes\n")
        + section("Log File", "/var/log/ha-log - File not found")
        + section("Log File", "/var/log/pacemaker/pacemaker.log - Last 500 Lines", text(pacemaker_start(2, node=node)))
    )
    basic = (
        INTRO
        + section("Command", "/bin/date", "Mon Nov  2 11:00:00 CET 2026\n")
        + section("Command", "/bin/uname -a", f"Linux {node} 5.14.21-150400.24-default #1 SMP x86_64 GNU/Linux\n")
    )
    messages = INTRO + section("Log File", "/var/log/messages", text(corosync(0, COROSYNC_START, node)))
    folder = f"scc_{node}_261102_1100"
    return {
        f"{folder}/ha.txt": ha,
        f"{folder}/basic-environment.txt": basic,
        f"{folder}/messages.txt": messages,
        f"{folder}/ntp.txt": INTRO + section("Command", "/usr/bin/chronyc -n tracking", "Leap status     : Normal\n"),
    }


def packed(files):
    return lzma.compress(tar(*((name, content.encode()) for name, content in files.items())), preset=0)


def test_the_sections_of_a_text_are_members(written):
    bundle, found = read(written("scc.txz", packed(supportconfig())))
    assert bundle.kind == "supportconfig"
    ha = "scc_node1_261102_1100/ha.txt"
    assert [path for path in found if path.startswith(ha)] == [
        ha,
        f"{ha}!rpm_-qa_grep_pacemaker",
        f"{ha}!etc/corosync/corosync.conf",
        f"{ha}!etc/sysconfig/sbd",
        f"{ha}!var/log/pacemaker/pacemaker.log",
    ]
    assert found[ha].decode() == INTRO
    assert found[f"{ha}!etc/corosync/corosync.conf"].decode() == CONF + "\n"
    assert bundle.notes == []


@pytest.fixture
def store(tmp_path):
    return loaded(tmp_path / "bundle", {"scc.txz": packed(supportconfig())})


def test_each_section_is_read_as_what_it_is(store):
    roles = {row.path.rpartition("!")[2]: row.role for row in store.rows("select path, role from source")}
    assert roles["etc/corosync/corosync.conf"] == "config"
    assert roles["var/log/pacemaker/pacemaker.log"] == roles["var/log/messages"] == "log"
    assert {row.file for row in store.rows("select distinct file from setting")} >= {
        "corosync.conf", "pacemaker.env", "packages", "hostname", "clock",
    }  # fmt: skip
    assert [row.name for row in store.rows("select name from node")] == ["node1"]
    assert store.one("select utc_offset from node_zone where node = 'node1'").utc_offset == 3600


def test_evidence_has_the_line_of_the_text_itself(store):
    (event,) = store.events("pacemakerd.started")
    (proof,) = store.evidence(event.id)
    file, _, inside = proof.file.partition("!")[2].partition("!")
    assert (file, inside) == ("scc_node1_261102_1100/ha.txt", "var/log/pacemaker/pacemaker.log")
    assert supportconfig()[file].splitlines()[proof.line - 1] == proof.text


def test_a_text_of_sections_can_be_given_alone(written):
    path = written("ha.txt", supportconfig()["scc_node1_261102_1100/ha.txt"].encode())
    assert "ha.txt!etc/sysconfig/sbd" in read(path)[1]


def test_sections_of_one_name_are_all_kept(written):
    data = "".join(section("Command", "/bin/date", f"{n}\n") for n in range(3)).encode()
    bundle, found = read(written("a.tar", tar(("time.txt", data))))
    assert list(found) == ["time.txt!date", "time.txt!date (2)", "time.txt!date (3)"]
    assert bundle.notes == []


def test_the_name_of_a_section_does_not_get_out(written):
    data = section("Log File", "/../../etc/passwd", "x").encode()
    assert list(read(written("a.tar", tar(("a.txt", data))))[1]) == ["a.txt!etc/passwd"]


@pytest.mark.parametrize("gap", [0, 1, 5, 30, 60, 70])
def test_a_header_is_found_wherever_blocks_end(written, gap):
    before = LOG * (CHUNK // len(LOG) - 1)
    before += b"x" * (CHUNK - len(before) - gap - 1) + b"\n"
    start = section("Log File", "/a").encode()[:-1]
    found = read(written("a.tar", tar(("t", start + before + section("Log File", "/b", "end\n").encode()))))[1]
    assert found == {"t!a": before, "t!b": b"end\n\n"}


@pytest.mark.parametrize(
    "data",
    [
        b"echo '#==[ Command ]===#'\n# no section\n" * 9,
        b"#==[ Command ]===#\nwithout its second line\n" * 9,
        b"#==[ " * 100_000,
        b"#==[ Command ]" + b"=" * 100_000 + b"#",
    ],
)
def test_what_is_no_header_stays_text(written, data):
    assert read(written("a.tar", tar(("a.txt", data))))[1] == {"a.txt": data}
    begun = section("Note", "here").encode()[:-1]
    assert read(written("b.tar", tar(("a.txt", begun + data))))[1] == {"a.txt!here": data}


def test_sections_count_as_files(written):
    data = b"".join(section("Command", f"c{n}").encode() for n in range(50))
    bundle, found = read(written("a.tar", tar(("a.txt", data), ("b.txt", data))), limits=Limits(members=20))
    assert len(found) < 20
    assert codes(bundle) == [("", "a.txt")]


@pytest.mark.parametrize("suffix", PACK)
def test_a_damaged_text_gives_the_sections_before_the_damage(written, suffix):
    noise = "".join(f"{NUMBERS.getrandbits(64)}\n" for _ in range(100_000))
    data = PACK[suffix]((section("Log File", "/a", "1\n") + section("Log File", "/b", noise)).encode())
    found = read(written("a.txt", data[: len(data) // 2]))[1]
    assert found["a.txt!a"] == b"1\n\n"
    assert 0 < len(found["a.txt!b"]) < len(noise)
