"""Bundles made in the tests of `pcmklog.bundle`, and how they are read there."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial

import pytest
import zstandard

from pcmklog.bundle import Limits, open_bundle
from pcmklog.model import PcmklogError

LOG = b"Nov 02 10:15:01 node1 corosync[40]:   [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n"
# Numbers hold the compression down, so that a cut in the middle of the archive is one in the middle of the log.
NUMBERS = random.Random(7)
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


def writer(tmp_path):
    """`written("a.tar", data)` is the path of a new file."""

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
