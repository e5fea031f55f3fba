"""What comes of a bundle that is damaged, and what is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.bundles import COMPRESSIONS, LOG, NOISE, NUMBERS, PACK, codes, header, read, refusal, tar, writer, zipped

written = pytest.fixture(writer)

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
