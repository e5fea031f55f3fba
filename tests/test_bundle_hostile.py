"""Names, links, devices and bombs: what a bundle cannot do, packed or as a folder."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

from pcmklog.bundle import Limits, open_bundle
from tests.bundles import LOG, NOISE, codes, header, read, tar, writer, zipped

written = pytest.fixture(writer)

# What is hostile


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../../etc/cron.d/x", "etc/cron.d/x"),
        ("/etc/passwd", "etc/passwd"),
        ("a/../../b", "a/b"),
        ("..", "unnamed"),
        ("a\nb\x1b[2J", r"a\x0ab\x1b[2J"),
        ("log\u202egol.exe", r"log\u202egol.exe"),
        ("caf\udce9", r"caf\xe9"),
    ],
)
def test_a_name_is_made_harmless(written, name, path):
    bundle, found = read(written("a.tar", tar((name, LOG))))
    assert found == {path: LOG}
    assert codes(bundle) == [("", path)]
    assert all(note.text.isprintable() for note in bundle.notes)


def test_a_name_with_parts_that_mean_nothing_is_no_matter(written):
    bundle, found = read(written("a.tar", tar(("./node1//./messages", LOG))))
    assert found == {"node1/messages": LOG}
    assert bundle.notes == []


def test_a_zip_does_not_get_out_either(written):
    data = zipped(("../../x", LOG), ("/y", LOG))
    assert list(read(written("a.zip", data))[1]) == ["x", "y"]


def test_a_zip_may_hold_a_file_without_a_name(written):
    # zipfile reads names up to the first NUL, and writes no empty ones.
    data = zipped(("nameless", LOG), ("m", LOG)).replace(b"nameless", b"\0ameless")
    assert set(read(written("a.zip", data))[1]) == {"unnamed", "m"}


def test_reading_a_bundle_writes_nothing(written, tmp_path):
    path = written("a.tar", tar(("../out", LOG), ("in", LOG), ("z.zip", zipped(("../z", LOG)))))
    read(path)
    assert os.listdir(tmp_path) == ["a.tar"]  # noqa: PTH208


def test_files_of_one_name_are_all_kept(written):
    bundle, found = read(written("a.tar", tar(("messages", b"1"), ("./messages", b"2"), ("messages", b"3"))))
    assert found == {"messages": b"1", "messages (2)": b"2", "messages (3)": b"3"}
    assert len(bundle.notes) == 2


def test_links_lead_to_members(written):
    bundle, found = read(
        written(
            "a.tar",
            tar(
                header("r/early", tarfile.SYMTYPE, "node1/pacemaker.log"),
                ("./r/node1/pacemaker.log", LOG),
                header("r/node1/cluster-log.txt", tarfile.SYMTYPE, "pacemaker.log"),
                header("r/node1/again.txt", tarfile.SYMTYPE, "../node1/cluster-log.txt"),
                header("r/hard.log", tarfile.LNKTYPE, "./r/node1/pacemaker.log"),
                header("r/folder", tarfile.SYMTYPE, "node1"),
            ),
        )
    )
    assert list(found) == ["r/node1/pacemaker.log"]
    links = ("r/early", "r/node1/cluster-log.txt", "r/node1/again.txt", "r/hard.log")
    assert bundle.links == dict.fromkeys(links, "r/node1/pacemaker.log")
    assert bundle.notes == []


def test_links_stay_in_the_archive_they_stand_in(written):
    inner = tar(("x", LOG), header("y", tarfile.SYMTYPE, "x"), header("z", tarfile.SYMTYPE, "../after"))
    bundle = read(written("a.tar", tar(("n/in.tar", inner), ("n/after", LOG))))[0]
    assert bundle.links == {"n/in.tar!y": "n/in.tar!x"}
    assert codes(bundle) == [("", "n/in.tar!z")]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.SYMTYPE, "../../../etc/passwd"),
        (tarfile.LNKTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "../etc/passwd"),
    ],
)
def test_a_link_out_of_the_bundle_is_not_followed(written, kind, target):
    bundle, found = read(written("a.tar", tar(("n/log", LOG), header("n/link", kind, target))))
    assert found == {"n/log": LOG}
    assert (bundle.links, codes(bundle)) == ({}, [("", "n/link")])


def test_links_to_what_is_not_there_are_noted_together(written):
    circle = (header("b", tarfile.SYMTYPE, "c"), header("c", tarfile.SYMTYPE, "b"))
    bundle = read(written("a.tar", tar(("log", LOG), header("a", tarfile.SYMTYPE, "gone"), *circle)))[0]
    assert (bundle.links, codes(bundle)) == ({}, [("", "a.tar")])
    assert ": 3, such as a to gone." in bundle.notes[0].text


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_of_an_archive_are_left_out(written, kind):
    bundle, found = read(written("a.tar", tar(("log", LOG), header("dev/x", kind))))
    assert found == {"log": LOG}
    assert codes(bundle) == [("", "dev/x")]


def test_a_link_in_a_zip_is_a_link(written):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("n/log", LOG)
        for name, target in (("n/link", "log"), ("n/out", "/etc/passwd")):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, target)
    bundle, found = read(written("a.zip", out.getvalue()))
    assert found == {"n/log": LOG}
    assert (bundle.links, codes(bundle)) == ({"n/link": "n/log"}, [("", "n/out")])


def test_what_comes_out_of_archives_is_limited(written):
    bomb = gzip.compress(tar(("a", bytes(100_000)), ("b", LOG)))
    bundle, found = read(written("bomb.tgz", bomb), limits=Limits(unpacked=50_000))
    assert list(found) == ["a"]
    assert len(found["a"]) < 50_000
    assert codes(bundle) == [("", "bomb.tgz")]


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_a_file_that_expands_too_much_is_cut_and_hides_no_other(written, pack):
    data = tar(("bomb", pack(bytes(50_000_000))), ("log", LOG))
    bundle, found = read(written("a.tar", data), limits=Limits(expansion_from=1_000_000))
    assert len(found["bomb"]) < 10_000_000
    assert found["log"] == LOG
    assert codes(bundle) == [("", "bomb")]


def test_a_hole_of_a_terabyte_is_limited(written):
    pax = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "hole", "GNU.sparse.size": str(1 << 40)}
    info = header("hole")
    info.pax_headers = {**pax, "GNU.sparse.map": f"{1 << 40},0"}
    path = written("a.tar", tar(info, ("log", LOG), form=tarfile.PAX_FORMAT))
    bundle = open_bundle([path], Limits(unpacked=5_000_000))
    given = {member.path: sum(map(len, iter(lambda: member.stream.read(1 << 16), b""))) for member in bundle}  # noqa: B023
    assert given["hole"] <= 5_000_000
    assert codes(bundle) == [("", "a.tar")]


def test_a_header_may_not_fill_the_memory(written):
    info = header("long")
    info.pax_headers = {"comment": "x" * (8 << 20)}
    bundle, found = read(written("a.tar", tar(("log", LOG), info, form=tarfile.PAX_FORMAT)))
    assert found == {"log": LOG}
    assert codes(bundle) == [("LOG003", "a.tar")]


def test_the_number_of_members_is_limited(written):
    bundle, found = read(written("a.tar", tar(*((f"{n}", LOG) for n in range(20)))), limits=Limits(members=5))
    assert list(found) == ["0", "1", "2", "3", "4"]
    assert codes(bundle) == [("", "a.tar")]


def test_the_number_of_notes_is_limited(written):
    data = tar(("log", LOG), *(header(f"{n}", tarfile.FIFOTYPE) for n in range(50)))
    assert len(read(written("a.tar", data), limits=Limits(notes=10))[0].notes) == 11


def test_a_large_zip_in_an_archive_is_limited(written):
    data = tar(("a.zip", zipped(("x", LOG), ("y", NOISE), method=zipfile.ZIP_STORED)), ("log", LOG))
    bundle, found = read(written("a.tar", data), limits=Limits(spooled=1000))
    assert (found["a.zip!x"], found["log"]) == (LOG, LOG)
    assert ("", "a.zip") in codes(bundle)


# Folders


def test_links_of_a_folder_are_followed_inside_of_it_only(written, tmp_path):
    log = written("case/node1/pacemaker.log", LOG)
    secret = written("secret", b"root:x:0:0\n")
    (log.parent / "cluster-log.txt").symlink_to("pacemaker.log")
    (log.parent / "passwd").symlink_to(secret)
    (tmp_path / "case" / "all").symlink_to(tmp_path)
    (tmp_path / "case" / "again").symlink_to("node1")
    (tmp_path / "case" / "circle").symlink_to("circle")
    bundle, found = read(tmp_path / "case")
    assert found == {"node1/pacemaker.log": LOG, "node1/cluster-log.txt": LOG}
    assert bundle.links == {"node1/cluster-log.txt": "node1/pacemaker.log"}
    assert sorted(codes(bundle)) == [("", "all"), ("", "case"), ("", "node1/passwd")]


def test_pipes_and_sockets_of_a_folder_are_left_out(written, tmp_path):
    written("case/log", LOG)
    os.mkfifo(tmp_path / "case" / "pipe")
    bundle, found = read(tmp_path / "case")
    assert found == {"log": LOG}
    assert codes(bundle) == [("", "pipe")]


def test_archives_in_a_folder_are_read(written, tmp_path):
    written("case/node1.tar.gz", gzip.compress(tar(("messages", LOG))))
    written("case/node2.zip", zipped(("messages", LOG)))
    assert set(read(tmp_path / "case")[1]) == {"node1.tar.gz!messages", "node2.zip!messages"}


AS_NOBODY = """
import os, sys
from pathlib import Path
from pcmklog.bundle import open_bundle
from pcmklog.model import PcmklogError
os.geteuid() == 0 and os.seteuid(65534)
try:
    bundle = open_bundle([Path(sys.argv[1])])
    print([member.path for member in bundle], [tuple(note) for note in bundle.notes])
except PcmklogError as error:
    print(error)
"""


@pytest.fixture
def as_nobody(tmp_path):
    """Reads a bundle as a user whom permissions bind, which they do not bind root."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)

    def read_as_nobody(path):
        done = subprocess.run([sys.executable, "-c", AS_NOBODY, path], capture_output=True, text=True, check=True)
        return done.stdout

    return read_as_nobody


def test_a_file_of_a_folder_that_may_not_be_read_is_noted(written, tmp_path, as_nobody):
    written("case/a.log", LOG)
    written("case/b.log", LOG).chmod(0)
    written("case/private/c.log", LOG).parent.chmod(0)
    assert as_nobody(tmp_path / "case") == (
        "['a.log'] [('', 'b.log', 'It cannot be read: Permission denied.'), "
        "('', 'private', 'It cannot be read: Permission denied.')]\n"
    )
    (tmp_path / "case" / "private").chmod(0o755)


def test_a_file_that_may_not_be_read_is_refused(written, as_nobody):
    path = written("secret.tar", tar(("a", LOG)))
    path.chmod(0)
    assert as_nobody(path) == f"{path} cannot be read: Permission denied.\n"
