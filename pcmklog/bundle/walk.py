"""From what the user named to members: archives in archives, links, limits, and notes of what was left out."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from pcmklog.bundle import decode, kinds, names
from pcmklog.bundle.entries import Entry, written, zone_link
from pcmklog.bundle.folder import folder_entries
from pcmklog.bundle.limits import Budget, Limits
from pcmklog.bundle.sections import is_sectioned, sections
from pcmklog.bundle.streams import CHUNK, BrokenError, Disk, Stream
from pcmklog.bundle.tars import is_tar, tar_entries
from pcmklog.bundle.text import is_text
from pcmklog.bundle.zips import is_zip, zip_entries
from pcmklog.model import Member, Note, PcmklogError

HEAD = 1 << 16
SPOOLED_IN_MEMORY = 16 << 20
# As for links of links in Linux, path_resolution(7).
LONGEST_CHAIN = 40


@dataclass
class Bundle:
    """What the user gave: iterate once over its members; a stream is valid until the next step.

    `kind` is crm_report, hb_report, crmsh_report, sosreport, supportconfig or logs; `links` tells for a link which
    member it means.  They, `notes` and `bytes_read` grow while the bundle is read.
    """

    name: str
    bytes_total: int = 0
    bytes_read: int = 0
    kind: str = "logs"
    notes: list[Note] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    members: Iterator[Member] = field(default=iter(()), repr=False)

    def __iter__(self) -> Iterator[Member]:
        return self.members

    def count(self, read: int) -> None:
        """Counts bytes that were read from the disk; those that a zip has to read twice not above the total."""
        self.bytes_read = min(self.bytes_read + read, self.bytes_total)


class Place(NamedTuple):
    """Where a file stands: `label` in notes, `prefix` before the members it holds, `path` when it is a plain file.

    `given` means that the user named this file; `first_line` is that of a section in its text.
    """

    label: str
    prefix: str
    path: str
    given: bool = False
    first_line: int = 1


class Walk:
    """The way through a bundle; gives members and fills in the bundle.

    Memory holds the names of members, no more than `Limits.members`, and nothing of their content.
    """

    def __init__(self, bundle: Bundle, limits: Limits, *, alone: bool) -> None:
        self._bundle = bundle
        self._limits = limits
        self._alone = alone
        self._budget = Budget(limits.unpacked)
        self._paths: dict[str, int] = {}
        self._marks: set[str] = set()
        self._entries = 0

    def folder(self, root: Path, place: Place) -> Iterator[Member]:
        """The members of a folder."""

        def unreadable(path: str, error: OSError) -> None:
            self.note("", place.prefix + names.clean(path), f"It cannot be read: {error.strerror}.")

        yield from self._all(folder_entries(root, self._bundle.count, unreadable), place, 0)

    def file(self, path: Path, place: Place) -> Iterator[Member]:
        """The members of a file: itself, or what it holds if it is an archive."""
        info = path.stat()
        with Disk(path, self._bundle.count).stream() as stream:
            yield from self._open(stream, place, info.st_size, info.st_mtime, 0)
        self._ended(stream, place.label)

    def note(self, code: str, path: str, text: str) -> None:
        """Notes what was left out; of very many the first ones."""
        room = self._limits.notes - len(self._bundle.notes)
        if room > 0:
            self._bundle.notes.append(Note(code, path, text))
        elif room == 0:
            self._bundle.notes.append(Note("", self._bundle.name, "Further notes were left out."))

    def mark(self, path: str) -> None:
        """Looks whether a name tells which tool made the bundle."""
        if not (found := kinds.marks(path)) <= self._marks:
            self._marks |= found
            self._bundle.kind = kinds.kind(self._marks)

    def finish(self) -> None:
        """Notes that the end was not reached; else everything was read, the padding of archives too."""
        if self._budget.spent:
            text = f"More than {self._limits.unpacked} bytes come out of its archives; the rest was left out."
            self.note("", self._bundle.name, text)
        elif not self.full:
            self._bundle.bytes_read = self._bundle.bytes_total

    @property
    def full(self) -> bool:
        """Whether a limit of the bundle was reached."""
        return self._budget.spent or self._entries > self._limits.members

    def reject(self, label: str, text: str) -> None:
        """What cannot be read at all ends the run, unless there is more than that."""
        if self._alone:
            raise PcmklogError(f"{label} {text}")
        self.note("", label, f"It {text}")

    def _open(
        self, stream: Stream, place: Place, size: int | None, mtime: float | None, layer: int
    ) -> Iterator[Member]:
        head = stream.head(HEAD)
        known = decode.codec(head)
        archive = known is None and (is_tar(head) or is_zip(head))
        if (known or archive) and layer >= self._limits.layers:
            self.note("", place.label, f"It was not unpacked: more than {layer} archives or compressions hold it.")
        elif known:
            yield from self._decoded(known, stream, place, mtime, layer + 1)
        elif archive:
            yield from self._archive(stream, head, place, layer + 1)
        elif is_sectioned(head):
            yield from self._sections(stream, place, mtime)
        elif not place.given or self._readable(stream, head, place):
            yield from self._plain(stream, place, size, mtime)

    def _decoded(
        self, known: decode.Codec, packed: Stream, place: Place, mtime: float | None, layer: int
    ) -> Iterator[Member]:
        stream = Stream(decode.Decoded(known, packed, self._budget, self._limits).pull)
        if place.given:
            place = place._replace(path=place.path.removesuffix(known.suffix) or place.path)
        yield from self._open(stream, place, None, mtime, layer)
        self._ended(stream, place.label)

    def _sections(self, stream: Stream, place: Place, mtime: float | None) -> Iterator[Member]:
        for section in sections(stream):
            self._entries += 1
            if self._entries > self._limits.members:
                self._too_many(place)
                return
            path = f"{place.path}!{section.name}" if section.name else place.path
            yield from self._plain(
                section.stream, place._replace(path=path, first_line=section.first_line), None, mtime
            )

    def _archive(self, stream: Stream, head: bytes, place: Place, layer: int) -> Iterator[Member]:
        def report(text: str) -> None:
            # When the stream below broke, that is the reason, and gets the note.
            if not stream.failure:
                self._damaged(place.label, BrokenError(text))

        if is_tar(head):
            yield from self._all(tar_entries(stream, self._budget, report), place, layer)
            return
        with self._seekable(stream, place) as file:
            yield from self._all(zip_entries(file, self._budget, report), place, layer)

    def _seekable(self, stream: Stream, place: Place) -> AbstractContextManager[IO[bytes]]:
        """The zip itself when it stands on the disk, or a copy that has no name."""
        if stream.file is not None:
            return nullcontext(stream.file)
        copy = tempfile.SpooledTemporaryFile(SPOOLED_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        while copy.tell() < self._limits.spooled and (part := stream.read(CHUNK)):
            copy.write(part)
        if stream.read(1):
            self.note("", place.label, f"Only its first {copy.tell()} bytes were read, as of any zip in an archive.")
        return copy

    def _plain(self, stream: Stream, place: Place, size: int | None, mtime: float | None) -> Iterator[Member]:
        path = names.unique(place.path, self._paths)
        if path != place.path:
            self.note("", path, f"There are several files named {place.path}; this one got a number.")
        self.mark(path)
        with io.BufferedReader(stream, HEAD) as buffered:
            yield Member(path, size, mtime, buffered, place.first_line)

    def _readable(self, stream: Stream, head: bytes, place: Place) -> bool:
        """Whether a file that the user named can be a log."""
        if not head:
            # A compressed file of which nothing came has its note already.
            if not stream.failure:
                self.reject(place.label, "is empty.")
            return False
        if len(head) < HEAD and not head.strip(b"\0"):
            self.reject(place.label, "holds no file, only zeros.")
            return False
        if not is_text(head):
            self.reject(place.label, "is neither an archive nor text.")
            return False
        return True

    def _all(self, entries: Iterator[Entry], place: Place, layer: int) -> Iterator[Member]:
        links: dict[str, str] = {}
        for entry in entries:
            self._entries += 1
            if self._entries > self._limits.members:
                self._too_many(place)
            elif entry.kind == "file":
                yield from self._file(entry, place, layer)
            elif entry.kind == "symlink" and zone_link(entry.name, entry.target):
                yield from self._file(written(entry), place, layer)
            elif entry.kind == "special":
                self.note("", self._named(entry, place), "It is a device, a pipe or a socket and was left out.")
            elif target := self._target(entry, place):
                links[self._named(entry, place)] = target
            if self.full:
                break
        self._settle(links, place)

    def _too_many(self, place: Place) -> None:
        # Archives around this one meet the limit again.
        if self._entries == self._limits.members + 1:
            self.note("", place.label, f"More than {self._limits.members} files; the rest was left out.")

    def _file(self, entry: Entry, place: Place, layer: int) -> Iterator[Member]:
        path = self._named(entry, place)
        try:
            stream = entry.open()
        except BrokenError as error:
            self._damaged(path, error)
            return
        except OSError as error:
            self.note("", path, f"It cannot be read: {error.strerror}.")
            return
        with stream:
            yield from self._open(stream, Place(path, f"{path}!", path), entry.size, entry.mtime, layer)
        self._ended(stream, path)
        if entry.target:
            self._bundle.links[path] = place.prefix + names.clean(entry.target)

    def _named(self, entry: Entry, place: Place) -> str:
        path = place.prefix + names.clean(entry.name)
        if names.was_renamed(entry.name):
            shown = names.printable(entry.name)[: names.LONGEST]
            self.note("", path, f"It was renamed: no file may be called {shown} in a bundle.")
        return path

    def _target(self, entry: Entry, place: Place) -> str:
        """Where a link leads, as a path of the bundle; empty, with a note, when it leads out."""
        path = names.clean(entry.name)
        hard = entry.kind == "hardlink"
        inside = names.clean(entry.target) if hard else names.symlink_target(path, entry.target)
        leaves = hard and names.was_renamed(entry.target) and place.prefix + str(inside) not in self._paths
        self.mark(place.prefix + path)
        if inside is None or leaves:
            shown = names.printable(entry.target)[: names.LONGEST]
            self.note("", place.prefix + path, f"It was not followed: it is a link out of the bundle, to {shown}.")
            return ""
        return place.prefix + inside

    def _settle(self, links: dict[str, str], place: Place) -> None:
        """Follows the links to members; they may point to each other, and to members that come later."""
        lost = {}
        for path, target in links.items():
            last, steps = target, 0
            while last in links and steps < LONGEST_CHAIN:
                last, steps = links[last], steps + 1
            if last not in self._paths:
                lost[path] = last
            elif path not in self._paths:
                self._bundle.links[path] = last
        inside = names.folders(self._paths) if lost else set()
        lost = {path: target for path, target in lost.items() if target.rstrip("/!") not in inside}
        if lost:
            path, target = next(iter(lost.items()))
            text = f"Links that lead to files that are not in the bundle: {len(lost)}, such as {path} to {target}."
            self.note("", place.label, text)

    def _ended(self, stream: Stream, label: str) -> None:
        if stream.failure:
            self._damaged(label, stream.failure)

    def _damaged(self, label: str, error: BrokenError) -> None:
        # Behind a limit everything looks cut.
        if not self._budget.spent:
            self.note(error.code, label, str(error))
