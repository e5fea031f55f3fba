"""What a bundle gives whatever its form, and what becomes of one that is damaged or hostile."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import zstandard

from pcmklog.bundle import Limits, kinds, open_bundle
from pcmklog.model import PcmklogError

LOG = b"Nov 02 10:15:01 node1 corosync[40]:   [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n"
# Numbers hold the compression down, so that a cut in the middle of the archive is one in the middle of the log.
NUMBERS = random.Random(7)  # noqa: S311 - no secret
NOISE = b"".join(b"Nov 02 10:15:01 node1 cron[%d]: job\n" % NUMBERS.getrandbits(64) for _ in range(40_000))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": partial(lzma.compress, preset=0),
    ".zst": zstandard.ZstdCompressor().compress,
}
COMPRESSIONS = [suffix for suffix in PACK if suffix]


def header(name, kind=tarfile.REGTYPE, target="", size=0):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mtime = kind, target, size, 1795000000
    return info


def tar(*members, form=tarfile.GNU_FORMAT):
    """A tar of (name, content) or of headers."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                archive.addfile(header(member[0], size=len(member[1])), io.BytesIO(member[1]))
    return out.getvalue()


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


@pytest.fixture
def written(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write


def read(*paths, limits=None):
    """The bundle, and the content of its members by their paths."""
    bundle = open_bundle(paths, limits or Limits())
    found = {member.path: member.stream.read() for member in bundle}
    return bundle, found


def codes(bundle):
    return [(note.code, note.path) for note in bundle.notes]


def refusal(*paths):
    with pytest.raises(PcmklogError) as caught:
        open_bundle(paths)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


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
    assert bundle.name == "one.tar.gz"


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


# What is damaged


@pytest.mark.parametrize("suffix", PACK)
def test_a_truncated_archive_gives_what_came(written, suffix):
    whole = PACK[suffix](tar(("node1/corosync.log", LOG), ("node1/messages", NOISE), ("node2/messages", LOG)))
    bundle, found = read(written("cut", whole[: len(whole) // 2]))
    assert list(found) == ["node1/corosync.log", "node1/messages"]
    assert found["node1/corosync.log"] == LOG
    assert NOISE.startswith(found["node1/messages"])
    # bzip2 gives whole blocks of 900 kB only.
    assert len(found["node1/messages"]) > len(NOISE) // (2.5 if suffix != ".bz2" else 4)
    assert codes(bundle) == [("LOG003", "cut")]


@pytest.mark.parametrize("missing", [1, 5, 12])
@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_lost_end_is_noticed_and_costs_no_line(written, suffix, missing):
    bundle, found = read(written("cut", PACK[suffix](tar(("messages", LOG)))[:-missing]))
    assert found == {"messages": LOG}
    assert codes(bundle) == [("LOG003", "cut")]


def test_a_tar_that_is_cut_between_two_members_is_noticed(written):
    whole = tar(("a", LOG), ("b", LOG))
    bundle, found = read(written("cut.tar", whole[:1024]))
    assert found == {"a": LOG}
    assert codes(bundle) == [("LOG003", "cut.tar")]


def test_a_damaged_header_is_not_taken_for_the_end(written):
    data = bytearray(tar(("a", LOG), ("b", LOG), ("c", LOG)))
    data[1024:1100] = b"?" * 76
    bundle, found = read(written("bad.tar", bytes(data)))
    assert found == {"a": LOG}
    assert codes(bundle) == [("LOG003", "bad.tar")]


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_damage_in_the_middle_gives_what_stood_before_it(written, suffix):
    data = bytearray(PACK[suffix](tar(("a", LOG), ("b", NOISE), ("c", LOG))))
    middle = len(data) * 3 // 4
    data[middle : middle + 4000] = b"\xff" * 4000
    bundle, found = read(written("bad", bytes(data)))
    assert found["a"] == LOG
    assert NOISE[:500_000] == found["b"][:500_000]
    assert codes(bundle) == [("LOG003", "bad")]


@pytest.mark.parametrize("suffix", PACK)
def test_a_truncated_archive_in_an_archive_hides_nothing_else(written, suffix):
    inner = PACK[suffix](tar(("a", LOG), ("b", NOISE)))
    bundle, found = read(written("outer.tar", tar(("inner", inner[: len(inner) // 2]), ("after", LOG))))
    assert list(found) == ["inner!a", "inner!b", "after"]
    assert found["inner!a"] == found["after"] == LOG
    assert codes(bundle) == [("LOG003", "inner")]


def test_a_truncated_log_gives_what_came(written):
    packed = gzip.compress(NOISE)
    bundle, found = read(written("messages.gz", packed[:-9]))
    assert found["messages"][:1_000_000] == NOISE[:1_000_000]
    assert codes(bundle) == [("LOG003", "messages.gz")]


def test_a_truncated_zip_gives_what_came(written):
    whole = zipped(("a/messages", LOG), ("b/messages", NOISE))
    bundle, found = read(written("cut.zip", whole[: len(whole) // 2]))
    assert found["a/messages"] == LOG
    assert NOISE.startswith(found["b/messages"])
    assert len(found["b/messages"]) > len(NOISE) // 3
    assert codes(bundle) == [("LOG003", "cut.zip")]


def test_a_truncated_zip_that_was_written_to_a_pipe_gives_what_came(written):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", LOG)
        archive.writestr("b", NOISE)
    found = read(written("cut.zip", pipe.data[: len(pipe.data) // 2]))[1]
    assert found["a"] == LOG
    assert NOISE.startswith(found["b"])
    assert len(found["b"]) > len(NOISE) // 3


def test_a_damaged_member_of_a_zip_hides_no_other(written):
    data = bytearray(zipped(("a", LOG), ("b", NOISE), ("c", LOG), method=zipfile.ZIP_STORED))
    data[len(data) // 2] ^= 1
    bundle, found = read(written("bad.zip", bytes(data)))
    assert found["a"] == found["c"] == LOG
    assert codes(bundle) == [("LOG003", "b")]


def test_what_follows_an_archive_is_not_passed_over_in_silence(written):
    bundle, found = read(written("two.tar", tar(("a", LOG)) + tar(("b", LOG))))
    assert found == {"a": LOG}
    assert codes(bundle) == [("LOG003", "two.tar")]


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
    assert list(read(written("a.zip", zipped(("../../x", LOG), ("/y", LOG), ("", LOG))))[1]) == ["x", "y", "unnamed"]


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
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
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


# What is refused


def test_what_does_not_exist_is_refused(tmp_path):
    assert refusal(tmp_path / "gone.tar") == f"{tmp_path / 'gone.tar'} does not exist."


def test_what_cannot_be_a_path_is_refused(written, tmp_path):
    (tmp_path / "circle").symlink_to("circle")
    assert "Not a directory" in refusal(written("messages", LOG) / "log")
    assert "too long" in refusal(tmp_path / ("n" * 300))
    assert "symbolic links" in refusal(tmp_path / "circle")
    assert "cannot be the name" in refusal(Path("a\0b"))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize("data", [b"", gzip.compress(b""), bz2.compress(b""), lzma.compress(b"")])
def test_an_empty_file_is_refused(written, data):
    assert refusal(written("messages", data)) == "messages is empty."


@pytest.mark.parametrize("data", [tar(), gzip.compress(tar()), zipped(), tar(header("folder", tarfile.DIRTYPE))])
def test_an_archive_without_a_file_is_refused(written, data):
    assert "no file" in refusal(written("a.tar", data))


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert refusal(tmp_path / "a") == "There is no file in a."


@pytest.mark.parametrize("pack", PACK.values())
def test_a_file_that_is_no_text_is_refused(written, pack):
    program = Path(sys.executable).resolve().read_bytes()[:100_000]
    assert refusal(written("python", pack(program))) == "python is neither an archive nor text."


def test_noise_is_refused(written):
    assert "neither" in refusal(written("noise", NUMBERS.randbytes(10_000)))


def test_an_archive_of_which_nothing_came_is_refused_with_the_reason(written):
    assert "bzip2 data are cut off" in refusal(written("a.tar.bz2", bz2.compress(tar(("a", LOG)))[:-20]))
    assert "no mark" in refusal(written("b.tar", tar(("a", LOG))[:300]))


def test_nothing_is_refused():
    assert refusal() == "No bundle was named."


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
