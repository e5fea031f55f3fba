"""Every file of a bundle is listed with what it is; nothing is passed over in silence."""

from __future__ import annotations

import bz2
import random
import tarfile

import pytest

from pcmklog.analyze import analyze
from pcmklog.bundle.files import what
from tests.bundles import header, tar, writer, zipped
from tests.logs import COROSYNC_START, corosync, text

written = pytest.fixture(writer)

CIB = b'<cib epoch="3"><configuration/></cib>\n'
CORE = b"\x7fELF\2\1\1" + bytes(9) + b"\4\0" + bytes(range(256)) * 40
CONF = b"totem {\n version: 2\n}\n"
FULL = text(
    [*corosync(0, COROSYNC_START), *corosync(60, [(n, "[TOTEM ] Retransmit List: 1 2") for n in range(0, 40, 3)])]
).encode()


def listed(path):
    report = analyze([path])
    return {row["path"]: row for row in report["sources"]}, report


def test_files_that_are_no_logs_are_listed_with_what_they_are(written):
    members = {
        "r/node1/corosync.log": FULL,
        "r/node1/corosync.conf": CONF,
        "r/node1/pengine/pe-input-7.bz2": bz2.compress(CIB),
        "r/node1/pengine/pe-warn-0.bz2": bz2.compress(CIB),
        "r/node1/cib/cib-12.raw": CIB,
        "r/node1/cores/core.41": CORE,
        "r/node1/fdata": bytes(range(256)) * 9,
        "r/node1/system.journal": b"LPKSHHRH" + bytes(4000),
        "r/node1/image.bin": random.Random(1).randbytes(4000),
        "r/node1/README": b"Some words.\n",
    }
    rows, report = listed(written("r.tar", tar(*members.items())))
    assert {path.removeprefix("r/node1/"): (row["role"], row["format"]) for path, row in rows.items()} == {
        "corosync.log": ("log", "corosync2"),
        "corosync.conf": ("config", "corosync.conf"),
        "pengine/pe-input-7.bz2": ("binary", "scheduler input"),
        "pengine/pe-warn-0.bz2": ("binary", "scheduler input"),
        "cib/cib-12.raw": ("text", "older CIB"),
        "cores/core.41": ("binary", "core dump"),
        "fdata": ("binary", "flight recorder"),
        "system.journal": ("binary", "binary journal"),
        "image.bin": ("binary", None),
        "README": ("text", None),
    }
    row = rows["r/node1/pengine/pe-input-7.bz2"]
    assert (row["node"], row["at"]) == ("node1", "2026-11-18T11:06:40Z")
    assert [row["path"] for row in report["unread"]] == ["r/node1/system.journal"]


def test_the_same_file_twice_is_told(written):
    rows, report = listed(written("r.tar", tar(("node1/corosync.log", FULL), ("node1/ha-log.txt", FULL))))
    assert rows["node1/ha-log.txt"]["note"] == "same as node1/corosync.log"
    starts = [mark for mark in report["marks"] if mark["kind"] == "corosync.started"]
    assert len(starts) == 1


@pytest.mark.parametrize("form", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_are_listed(written, form):
    link = header("node1/cluster-log.txt", form, "corosync.log" if form == tarfile.SYMTYPE else "node1/corosync.log")
    rows, _ = listed(written("r.tar", tar(("node1/corosync.log", FULL), link)))
    assert rows["node1/cluster-log.txt"]["note"] == "link to node1/corosync.log"


def test_an_extract_is_told(written):
    part = b"".join(FULL.splitlines(keepends=True)[2:9])
    rows, _ = listed(written("r.tar", tar(("node1/corosync.log", FULL), ("node1/corosync.log.extract.txt", part))))
    assert rows["node1/corosync.log.extract.txt"]["note"] == "extract of node1/corosync.log"
    assert rows["node1/corosync.log"]["note"] is None


def test_another_record_of_the_same_is_no_extract(written):
    other = "".join(
        f"{line[:15]} node1 corosync[41]:   {line.split('notice  ')[1]}\n" for line in FULL.decode().splitlines()[:6]
    )
    rows, _ = listed(written("r.tar", tar(("node1/corosync.log", FULL), ("node1/messages", other.encode()))))
    assert rows["node1/messages"]["note"] is None


@pytest.mark.parametrize("seed", range(12))
def test_every_member_is_a_source_a_link_or_in_a_note(written, seed):
    """Random archives in archives, of all kinds of entries: what goes in comes out somewhere."""
    rand = random.Random(seed)
    expected: set[str] = set()
    data = _archive(rand, "", expected, depth=3)
    _, report = listed(written("bundle.tar", data))
    told = {row["path"] for row in report["sources"]} | {row["path"] for row in report["unread"]}
    assert len(expected) > 1
    assert expected <= told
    assert report["bundle"]["files"] == sum(row["role"] != "link" for row in report["sources"])


CONTENTS = (FULL, CONF, CIB, CORE, b"", b"x", bytes(5000), b"words\n" * 9, b"\x1f\x8b\x08broken", b"PK\x03\x04broken")


def _archive(rand, prefix, expected, depth):
    members = [("node1/first.log", FULL)]
    expected.add(f"{prefix}node1/first.log")
    for n in range(rand.randint(1, 6)):
        name = f"node{rand.randint(1, 2)}/{rand.choice(('a', 'b/c'))}{n}.{rand.choice(('log', 'txt', 'conf'))}"
        kind = rand.choice(("file", "file", "file", "inner", "fifo", "link"))
        if kind == "inner" and depth:
            members.append((f"{name}.tar", _archive(rand, f"{prefix}{name}.tar!", expected, depth - 1)))
            continue
        if kind == "fifo":
            members.append(header(name, tarfile.FIFOTYPE))
        elif kind == "link":
            members.append(header(name, tarfile.SYMTYPE, "../node1/first.log"))
            if "b/c" in name:
                members.pop()
                continue
        else:
            members.append((name, rand.choice(CONTENTS)))
        expected.add(prefix + name)
    inside = [member for member in members if not isinstance(member, tarfile.TarInfo)]
    if len(inside) == len(members) and rand.random() < 0.3:
        return zipped(*inside)
    return tar(*members)


def test_what_tells_a_core_from_a_program():
    assert what("usr/sbin/corosync", b"\x7fELF\2\1\1" + bytes(9) + b"\3\0") == "program"
    assert what("core.1", CORE) == "core dump"
    assert what("var/log/messages", b"Nov  2 10:00:00 node1 crmd") == ""
