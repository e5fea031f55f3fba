"""The catalogue: what the daemons say, as templates with holes, and what each of them means.

    [[message]]
    kind     = "child.forked"
    template = "Forked child <pid:int> for process <child>"
    emitter  = ["pacemakerd", "pcmk"]
    from     = "pacemaker 1.1.10 mcp/pacemaker.c"
    sample   = "Forked child 2143 for process cib"

`also` lists further wordings of the same fact, `detail` what may follow ` | `; an `emitter` at the top of a file holds
for all its entries.  The literals are known as soon as the files are read; an expression is compiled when a line first
asks for it, for a log uses few of them.  Our own files quote with '...', which `tomllib` reads faster than "...".

    >>> found = Catalog.load().find("Forked child 2143 for process cib")
    >>> found[0].kind, found[1]
    ('child.forked', {'pid': '2143', 'child': 'cib'})
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import count
from pathlib import Path
from typing import NoReturn

from pcmklog.model import PcmklogError

KIND = re.compile(r"[a-z_]+\.[a-z_0-9]+")
HOLE = re.compile(r"<([a-z_][a-z_0-9]*)(?::(int|word))?>")
# Releases of the product that `from` names first: `1.0.8-1.0.13, 1.1.0-1.1.24, 2.0.3`, both ends included.
VERSION = r"\d+(?:\.\d+)*"
VERSIONS = re.compile(rf"(?:{VERSION}(?:-{VERSION})?(?:, (?!$)|$))*")
LEVELS = frozenset({"", "emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"})
BLANKS = re.compile(r"[ \t]{2,}|\t")
BLANK = r"(?:[ \t]|#011)++"
# Text may hold anything; the shortest run that lets the rest of the template match is taken.
TYPES = {None: r".*?", "int": r"-?\d+", "word": r"[^ \t]+?"}
# What may stand behind a message: blanks, full stops, a carriage return, the detail that 1.1.15 and later add.
TAIL = r"(?:[ \t.\r]|#01[15])*+"
LEADING = 6  # bytes from which a capital word at the beginning is distinct enough; others stand in many messages
TEXTS = ("kind", "template", "level", "versions", "sample", "detail", "from")
LISTS = ("also", "emitter")
COMMON = frozenset({"Process", "Resource", "Performing", "Processed", ": Processing"})  # in very many debug messages
KNOWN = frozenset({*TEXTS, *LISTS, "anywhere"})


@dataclass(frozen=True)
class Template:
    """One wording of one message.  `rank` is the length of all its literal text; the highest that fits is meant."""

    id: int
    kind: str
    text: str
    emitter: tuple[str, ...]
    level: str
    versions: str
    sample: str
    literal: bytes
    rank: int
    anywhere: bool = False
    detail: str = ""
    origin: str = ""
    where: str = ""
    user: bool = False

    @cached_property
    def product(self) -> str:
        """Whose releases `versions` counts: `pacemaker`, `corosync`, `redhat-cluster` ..., or nothing."""
        return self.origin.partition(" ")[0]

    @cached_property
    def leads(self) -> bool:
        """Whether a message begins with the literal."""
        return not self.anywhere and self.text.encode().startswith(self.literal)

    @cached_property
    def object(self) -> bytes:
        """The JSON object of the holes, to be filled in with `%`."""
        return b"{" + b", ".join(b'"%s": "%%s"' % name.encode() for name in self.pattern.groupindex) + b"}"

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Matches from where the message begins to the end of the line; the groups are the holes."""
        return re.compile(_expression(self, self.text).encode())

    @cached_property
    def key(self) -> bytes:
        """The longest word behind the literal, without which `tail` does not match; looking for it costs far less."""
        rest = _from_literal(self)[len(self.literal) :]
        return max((word for run in literals(rest) for word in run.split()), key=len, default="").encode()

    @cached_property
    def tail(self) -> re.Pattern[bytes]:
        """Matches from where the literal stands to the end of the line, wherever the whole template fits."""
        return self.pattern if self.leads else re.compile(_expression(self, _from_literal(self)).encode())


@dataclass(frozen=True)
class Catalog:
    """All templates, in the order of the files; among equals the earlier one is meant."""

    templates: tuple[Template, ...]

    @classmethod
    def load(cls, folders: Sequence[Path] = ()) -> Catalog:
        """The catalogue of the package, and that of the user's folders: their entries come first."""
        users: list[Traversable] = [file for folder in folders for file in _files(folder)]
        own = _files(resources.files("pcmklog").joinpath("messages"))
        numbers = count()
        files = [(file, True) for file in users] + [(file, False) for file in own]
        return cls(tuple(template for file, user in files for template in _templates(file, numbers, user=user)))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Every kind that some template gives."""
        return frozenset(template.kind for template in self.templates)

    def find(self, message: str, emitter: str = "") -> tuple[Template, dict[str, str]] | None:
        """The most specific template for a bare message, and its fields; `emitter` leaves out what others say."""
        raw = message.encode()
        possible = (t for t in self.templates if t.literal in raw)
        for template in sorted(possible, key=lambda t: -t.rank):
            if emitter and template.emitter and emitter not in template.emitter:
                continue
            if found := template.pattern.search(raw) if template.anywhere else template.pattern.match(raw):
                holes = found.groupdict().items()
                return template, {
                    name: value.decode("utf-8", "replace").strip() for name, value in holes if value is not None
                }
        return None


def literals(text: str) -> list[str]:
    """The runs of a template that stand in the log as they are: between holes and wide blanks."""
    return [run for part in HOLE.split(text)[::3] for run in BLANKS.split(part.strip(" \t")) if run]


def _from_literal(template: Template) -> str:
    """The text of a template from its literal on; names of holes are no text."""
    literal, text, begin = template.literal.decode(), template.text, 0
    for hole in (*HOLE.finditer(text), None):
        if (at := text.find(literal, begin, hole.start() if hole else None)) >= 0:
            return text[at:]
        begin = hole.end() if hole else 0
    return text


def _expression(template: Template, text: str) -> str:
    body = _holes(text)
    ends_open = text.endswith(">")
    if template.anywhere:
        return f"{body}{TAIL}$" if ends_open else body
    detail = rf"(?:{BLANK})?{_holes(template.detail)}(?:[ \t].*)?$|.*" if template.detail else ".*"
    # A hole at the end may hold a bar of its own: there only a bar behind a blank begins the detail.
    tail = rf"(?<![ \t.\r]){TAIL}(?:(?<=[ \t])\|(?:{detail}))?$" if ends_open else rf"{TAIL}(?:\|(?:{detail}))?$"
    return rf"[ \t]*+{body}{tail}"


def _holes(text: str) -> str:
    """The expression of a template.

    Bundles are not trusted, and a line may be long: a hole of any text ends at the first place where what follows it
    fits, and that choice is final (`(?>...)`), so that no line takes more than one pass for each hole.
    """
    parts = HOLE.split(text)
    segments = [_escape(parts[0])]
    for name, type_, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        hole = f"(?P<{name}>{TYPES[type_ or None]}){_escape(after, behind_hole=True)}"
        if type_ == "int":
            segments[-1] += hole
        else:
            segments.append(hole)
    return "".join([segments[0], *(f"(?>{segment})" for segment in segments[1:-1]), *segments[1:][-1:]])


def _escape(text: str, *, behind_hole: bool = False) -> str:
    first = r"(?<![ \t])" if behind_hole and text[:1] in (" ", "\t") else ""
    return first + BLANK.join(re.escape(word) for word in re.split(r"[ \t]+", text))


def _files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        raise PcmklogError(f"the folder of messages {folder} does not exist")
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def _templates(file: Traversable, numbers: Iterator[int], *, user: bool) -> Iterator[Template]:
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PcmklogError(f"the message file {file.name} cannot be read: {error}") from error
    entries, emitter = data.get("message", []), data.get("emitter", [])
    tables = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    if not tables or set(data) - {"message", "emitter"}:
        raise PcmklogError(f"the message file {file.name} may hold an emitter and [[message]] tables only")
    for number, entry in enumerate(entries, 1):
        yield from _wordings({"emitter": emitter, **entry}, f"{file.name}, entry {number}", numbers, user=user)


def _wordings(entry: Mapping[str, object], where: str, numbers: Iterator[int], *, user: bool) -> Iterator[Template]:
    where = f"{where} ({entry.get('kind') or entry.get('template') or 'without kind'})"
    _check(entry, where)
    kind, template, level, versions, sample, detail, origin = (str(entry.get(name, "")) for name in TEXTS)
    also, emitter = (_texts(entry, name) for name in LISTS)
    for text in (template, *also):
        runs = _runs(text, detail, where)
        literal = _literal(text, runs, anywhere=bool(entry.get("anywhere"))).encode()
        yield Template(
            next(numbers), kind, text, emitter, level, versions, sample if text == template else "", literal,
            sum(map(len, runs)), bool(entry.get("anywhere")), detail, origin, where, user,
        )  # fmt: skip


def _literal(text: str, runs: list[str], *, anywhere: bool) -> str:
    """The run that the automaton looks for: the longest, but rather the first where a message begins with it.

    Where such a literal stands tells at once whether it begins a message, and no header is parsed for it.
    """
    longest = max([run for run in runs if run not in COMMON] or runs, key=len)
    first = runs[0]
    distinct = first not in COMMON and len(first) >= (LEADING if first[0].isupper() else 2 * LEADING)
    return first if not anywhere and text.startswith(first) and distinct else longest


def _texts(entry: Mapping[str, object], name: str) -> tuple[str, ...]:
    list_ = entry.get(name, [])
    return tuple(list_) if isinstance(list_, list) else ()


def _check(entry: Mapping[str, object], where: str) -> None:
    """Whether the entry has the keys and types of an entry; the user writes entries too."""
    if unknown := sorted(set(entry) - KNOWN):
        _broken(where, f"unknown key {unknown[0]!r}")
    for name, value in entry.items():
        if name in TEXTS and not isinstance(value, str):
            _broken(where, f"{name} is a text")
        if name in LISTS and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            _broken(where, f"{name} is a list of texts")
        if name == "anywhere" and not isinstance(value, bool):
            _broken(where, "anywhere is true or false")
    if not KIND.fullmatch(str(entry.get("kind", ""))):
        _broken(where, f"the kind {entry.get('kind', '')!r} has not the form subject.what_happened")
    if entry.get("level", "") not in LEVELS:
        _broken(where, f"unknown level {entry['level']!r}")
    if not VERSIONS.fullmatch(str(entry.get("versions", ""))):
        _broken(where, f"versions {entry['versions']!r} is not of the form '1.1.3-1.1.9, 2.0.0'")


def _runs(text: str, detail: str, where: str) -> list[str]:
    """The literals of a wording, once it is known to be sound."""
    names = [name for name, _ in HOLE.findall(f"{text} {detail}")]
    if len(names) != len(set(names)):
        _broken(where, f"two holes of one name in {text!r}")
    runs = literals(text)
    if not runs:
        _broken(where, f"no literal text in {text!r}" if text else "no template")
    return runs


def _broken(where: str, why: str) -> NoReturn:
    raise PcmklogError(f"the message file {where} is wrong: {why}")
