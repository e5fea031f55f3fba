"""What a bundle gives, whatever its form."""

from __future__ import annotations

import bz2
import gzip
import subprocess
import sys
import tarfile
import zipfile

import pytest

from pcmklog.bundle import Limits, kinds, open_bundle
from tests.bundles import COMPRESSIONS, LOG, NOISE, NUMBERS, PACK, codes, header, read, tar, writer, zipped

written = pytest.fixture(writer)

# What the user may name


@pytest.mark.parametrize("suffix", PACK)
def test_a_tar_is_known_by_its_content_whatever_its_name(written, suffix):
    path = written("bundle.dat", PACK[suffix](tar(("node1/corosync.log", LOG), ("node1/messages", NOISE))))
    bundle, found = read(path)
    assert found == {"node1/corosync.log": LOG, "node1/messages": NOISE}
    assert (bundle.name, bundle.kind, bundle.notes) == ("bundle.dat", "logs", [])


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_of_tar_is_read(written, form):
    name = "n" * 90 + "/" + "m" * 90
    assert read(written("a.tar", tar((name, LOG), form=form)))[1] == {name: LOG}


def test_a_tar_without_any_magic_is_read(written):
    data = bytearray(tar(("messages", LOG)))
    data[257:265] = bytes(8)
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    assert read(written("v7", bytes(data)))[1] == {"messages": LOG}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_is_read(written, method):
    bundle, found = read(written("bundle", zipped(("node1/", b""), ("node1/messages", NOISE), method=method)))
    assert found == {"node1/messages": NOISE}
    assert bundle.notes == []


def test_a_folder_is_read_in_order(written, tmp_path):
    for name in ("b/messages", "b/corosync.log", "a/messages", "z.log"):
        written(f"case/{name}", name.encode())
    bundle, found = read(tmp_path / "case")
    assert list(found) == ["z.log", "a/messages", "b/corosync.log", "b/messages"]
    assert bundle.name == "case"


@pytest.mark.parametrize("suffix", PACK)
def test_a_single_log_is_named_without_the_suffix_of_its_compression(written, suffix):
    assert read(written(f"messages{suffix}", PACK[suffix](NOISE)))[1] == {"messages": NOISE}


def test_several_arguments_stand_under_their_names(written):
    bundle, found = read(
        written("one.tar.gz", gzip.compress(tar(("node1/messages", LOG)))),
        written("two/corosync.log", NOISE).parent,
        written("pacemaker.log", LOG),
    )
    assert list(found) == ["one.tar.gz/node1/messages", "two/corosync.log", "pacemaker.log"]
    assert bundle.name == "one.tar.gz and 2 more"


def test_arguments_of_one_name_stand_under_their_folders(written):
    found = read(written("node1/messages", LOG), written("node2/messages", NOISE))[1]
    assert found == {"node1/messages": LOG, "node2/messages": NOISE}


def test_an_empty_argument_among_others_is_noted(written):
    bundle, found = read(written("messages.1", b""), written("messages", LOG))
    assert found == {"messages": LOG}
    assert codes(bundle) == [("", "messages.1")]


# Archives in archives


@pytest.mark.parametrize("suffix", PACK)
def test_an_archive_in_an_archive_is_read(written, suffix):
    inner = PACK[suffix](tar(("var/log/messages", LOG)))
    outer = PACK[".xz"](tar((f"case/node1.tar{suffix}", inner), ("case/notes.txt", NOISE)))
    bundle, found = read(written("case.tar.xz", outer))
    assert found == {f"case/node1.tar{suffix}!var/log/messages": LOG, "case/notes.txt": NOISE}
    assert bundle.notes == []


def test_zips_and_tars_hold_each_other(written):
    inner = zipped(("a.tar.bz2", bz2.compress(tar(("messages", LOG)))))
    assert read(written("outer.tgz", gzip.compress(tar(("b.zip", inner)))))[1] == {"b.zip!a.tar.bz2!messages": LOG}


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_a_compressed_member_is_unpacked_under_its_own_name(written, suffix):
    name = f"corosync.log.2{suffix}"
    assert read(written("a.tar", tar((name, PACK[suffix](NOISE)))))[1] == {name: NOISE}


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_several_compressed_streams_in_a_row_are_one_file(written, suffix):
    pack = PACK[suffix]
    assert read(written("messages", pack(LOG) + pack(NOISE) + bytes(512)))[1] == {"messages": LOG + NOISE}


def test_archives_and_compressions_are_followed_to_a_depth_only(written):
    data = tar(("messages", LOG))
    for depth in range(6):
        data = tar((f"{depth}.tar", data), (f"{depth}.log", LOG))
    bundle, found = read(written("deep.tar", data), limits=Limits(layers=3))
    assert set(found) == {"5.log", "5.tar!4.log", "5.tar!4.tar!3.log"}
    assert codes(bundle) == [("", "5.tar!4.tar!3.tar")]


# What passes


@pytest.mark.parametrize(
    "data",
    [
        b"one\r\ntwo\r\n",
        b"one\0\0\ntwo\0\n" + LOG * 3,
        bytes(70_000) + LOG,
        "Mär 01 10:00:00 Knoten é\n".encode("latin-1") * 9,
        b"\x1b[31mred\x1b[0m\n",
        b"no end of line",
        b"BZh9 is no bzip2\n",
    ],
)
def test_text_passes_untouched(written, data):
    assert read(written("messages", data))[1] == {"messages": data}
    assert read(written("a.tgz", gzip.compress(tar(("messages", data)))))[1] == {"messages": data}


def test_members_tell_size_and_time_and_can_be_read_by_lines(written):
    path = written("a.tar", tar(("log", LOG * 3), ("log.gz", gzip.compress(LOG))))
    found = [(member.size, member.mtime, list(member.stream)) for member in open_bundle([path])]
    assert found == [(len(LOG) * 3, 1795000000, [LOG] * 3), (None, 1795000000, [LOG])]


def test_a_stream_ends_with_the_next_member(written):
    members = iter(open_bundle([written("a.tar", tar(("a", LOG), ("b", LOG)))]))
    first = next(members)
    second = next(members)
    assert second.stream.read() == LOG
    with pytest.raises(ValueError, match="closed"):
        first.stream.read()


@pytest.mark.parametrize("suffix", [*PACK, "zip"])
def test_what_nobody_reads_is_passed_over(written, suffix):
    members = ("a", LOG), ("b", NOISE), ("c", LOG)
    path = written("a", zipped(*members) if suffix == "zip" else PACK[suffix](tar(*members)))
    bundle = open_bundle([path])
    assert [member.path for member in bundle] == ["a", "b", "c"]
    assert (bundle.notes, list(bundle)) == ([], [])


@pytest.mark.parametrize("suffix", [*PACK, "zip"])
def test_the_bytes_read_grow_to_the_bytes_in_all(written, suffix):
    members = [(f"{n}", NUMBERS.randbytes(300_000)) for n in range(5)]
    path = written("a", zipped(*members) if suffix == "zip" else PACK[suffix](tar(*members)))
    bundle = open_bundle([path])
    seen = [bundle.bytes_read for member in bundle if member.stream.read()]
    assert bundle.bytes_total == path.stat().st_size == bundle.bytes_read
    assert seen == sorted(seen)
    assert seen[0] < seen[-1]


ROOM = """
import resource, sys
from pathlib import Path
from pcmklog.bundle import open_bundle
for member in open_bundle([Path(sys.argv[1])]):
    while member.stream.read(1 << 20):
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("suffix", PACK)
def test_memory_does_not_grow_with_the_bundle(written, suffix):
    def room(size):
        path = written(f"{size}.tar", PACK[suffix](tar(("messages", bytes(size)), ("log", LOG))))
        done = subprocess.run([sys.executable, "-c", ROOM, path], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert room(80 << 20) - room(8 << 20) < 16 << 10


# Which tool made it


@pytest.mark.parametrize(
    ("kind", "paths"),
    [
        ("logs", ["node1/messages", "node1/corosync.log", "node2/sysinfo.txt"]),
        ("crm_report", ["r/analysis.txt", "r/node1/events.txt", "r/node1/cib.xml"]),
        ("crm_report", ["r/node1/report.out", "r/node1/cluster-log.txt"]),
        ("hb_report", ["r/description.txt", "r/node1/ha-log.txt", "r/analysis.txt", "r/node1/events.txt"]),
        ("crmsh_report", ["r/description.txt", "r/node1/ha-log.txt", "r/node1/crmsh.log", "r/analysis.txt"]),
        ("sosreport", ["sosreport-n1/sos_commands/pacemaker/crm_report/analysis.txt", "sosreport-n1/report.out"]),
        ("supportconfig", ["scc_node1_261122_1015/basic-environment.txt", "scc_node1_261122_1015/ha.txt"]),
        ("supportconfig", ["nts_node1_1015/ha.txt"]),
        ("sosreport", ["all/sosreport-n1.tar.xz!sosreport-n1/sos_commands/date/date"]),
    ],
)
def test_the_kind_is_told_by_the_names(written, kind, paths):
    assert kinds.kind(set().union(*map(kinds.marks, paths))) == kind
    bundle = open_bundle([written("a.tar", tar(*((path, LOG) for path in paths)))])
    assert bundle.notes == []
    list(bundle)
    assert bundle.kind == kind


def test_a_link_tells_the_kind_too(written):
    link = header("r/node1/cluster-log.txt", tarfile.SYMTYPE, "pacemaker.log")
    assert read(written("a.tar", tar(("r/node1/pacemaker.log", LOG), link)))[0].kind == "crm_report"


def test_the_kind_of_an_unpacked_folder_is_known(written, tmp_path):
    written("sosreport-node1-2026/var/log/messages", LOG)
    assert read(tmp_path / "sosreport-node1-2026")[0].kind == "sosreport"
