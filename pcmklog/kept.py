"""Kept databases: an analysed bundle as one DuckDB file, which every command takes in place of the bundle.

A kept file says by which code its tables were made.  What was made by the same code as ours is used as it stands;
else it is derived anew from the raw events, or, where messages are read otherwise today, from the raw text.  The file
of the user is only ever read.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import duckdb

from pcmklog import __version__, marks
from pcmklog.bundle import Bundle
from pcmklog.model import Given, Member, Note, PcmklogError
from pcmklog.rawtext import PAGES, Frames, Pages, pages, unpacked
from pcmklog.store import Row, Store

HEADERS = 3 * 4096  # bytes before the first block of a DuckDB file
SMALL_BLOCK, LARGE_BLOCK = 1 << 14, 1 << 18
MANY_EVENTS = 20_000
KEPT = "kept"  # how the file is called beside the tables of the run
RAW = ("source", "setting", "config_error", "note")
"""Tables that are small, and that later stages change: they are copied."""
PASSING = frozenset({"page"})
"""Tables that are written in another way."""
# What nodes, facts and clocks add to the tables that are filled while reading.
ANEW = """
update source set node = null, base_year = null, first_ts = null, last_ts = null, classified = 0;
update setting set node = null;
update config_error set node = null;
"""


class Use(Enum):
    """What a kept database spares us."""

    ALL = "nothing has to be derived"
    EVENTS = "lines need not be read"
    TEXT = "the bundle need not be opened"


@dataclass
class Kept:
    """A kept database that is attached to the store: which bundle it is of, what it can be used for, what was said.

    `given` is what the user said of the clocks when it was kept, and says today, which counts for more.
    """

    bundle: Bundle
    use: Use
    given: Given


def is_kept(path: Path) -> bool:
    """Whether the file is a DuckDB database, by its content."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except (OSError, ValueError):
        return False


# ---------------------------------------------------------------------- writing


def keep(store: Store, bundle: Bundle, path: Path, messages: Sequence[Path] = ()) -> None:
    """Writes the store into the new file `path`, which is there whole or not at all.

    Raises PcmklogError when it cannot be written, or is there already.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".pcmklog-", dir=path.absolute().parent) as folder:
            part = Path(folder) / "part.duckdb"
            _write_tables(
                store,
                part,
                marks.marks(messages) | {"name": bundle.name, "kind": bundle.kind, "links": json.dumps(bundle.links)},
            )
            _write_text(store, part)
            _publish(part, path)
    except FileExistsError as error:
        raise PcmklogError(f"The file {path} is there already; --database wants the name of a new one.") from error
    except (OSError, duckdb.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise PcmklogError(f"The database {path} cannot be written: {why}.") from error


def _write_tables(store: Store, part: Path, known: dict[str, str]) -> None:
    # Large blocks cost less time, small ones less room where tables have few rows.
    size = LARGE_BLOCK if store.rows("from raw_event limit 1 offset ?", MANY_EVENTS) else SMALL_BLOCK
    store.execute(f"attach {_quoted(part)} as part (block_size {size})")
    for table in _tables(store, "memory"):
        if table not in PASSING:
            store.execute(f'create table part."{table}" as from "{table}"')
    store.execute("create table part.meta (key varchar, value varchar)")
    known |= {"pcmklog": __version__}
    store.insert("part.meta", {"key": [*known], "value": [*known.values()]})
    store.execute("detach part")


def _write_text(store: Store, part: Path) -> None:
    # Row groups of one batch each are written at once and never again.
    store.execute(f"attach {_quoted(part)} as part (row_group_size {PAGES})")
    store.execute("create table part.page (number integer, bytes blob using compression uncompressed)")
    last = store.one("select coalesce(max(place + size), 0) as size from chunk")
    assert last is not None
    for first, batch in pages(store.frames, last.size):
        store.insert("part.page", {"number": range(first, first + len(batch)), "bytes": batch})
    store.execute("detach part")


def _publish(part: Path, path: Path) -> None:
    try:
        os.link(part, path)  # unlike a rename it never takes the place of a file that appeared meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        shutil.move(part, path)


# ---------------------------------------------------------------------- reading


def attach(
    store: Store, path: Path, messages: Sequence[Path] = (), given: Given | None = None, *, anew: bool = False
) -> Kept:
    """Gives the store the tables of a kept file, as views, as far as they are as today's code would make them.

    What is derived is left out when `given` says more than was said when it was kept, and with `anew`.  Raises
    PcmklogError for a database that is not ours, or whose tables are not those of this release.
    """
    try:
        store.execute(f"attach {_quoted(path)} as {KEPT} (read_only)")
    except duckdb.Error as error:
        raise PcmklogError(f"The database {path} cannot be opened: {str(error).splitlines()[0]}") from error
    _check_whole(store, path)
    tables = _tables(store, KEPT)
    known = _known(store, path, tables)
    bundle = Bundle(known["name"], kind=known["kind"], links=json.loads(known["links"]))
    today = marks.marks(messages)
    before = _said(store, tables)
    said = _joined(before, given or Given())
    store.use(Pages(store.connection, KEPT))
    if known["reading"] != today["reading"]:
        return Kept(_reread(store, bundle), Use.TEXT, said)
    whole = known["deriving"] == today["deriving"] and said == before and not anew
    for table in {*tables} - {"meta", "page"} if whole else ("raw_event", "chunk"):
        store.execute(f'drop {_kind(store, table)} if exists "{table}"')
        store.execute(f'create {"table" if table == "note" else "view"} "{table}" as from {KEPT}."{table}"')
    if not whole:
        _copy_raw(store)
    return Kept(bundle, Use.ALL if whole else Use.EVENTS, said)


def note(store: Store, given: Given) -> None:
    """Fills the table `given`: what the user said of the clocks, so that a kept database says it again."""
    rows = [("year", "", str(given.year))] if given.year is not None else []
    rows += [("zone", node, zone) for node, zone in given.zones.items()]
    rows += [("offset", node, repr(seconds)) for node, seconds in given.offsets.items()]
    store.execute("create table given (what varchar, node varchar, value varchar)")
    store.insert("given", {name: [row[n] for row in rows] for n, name in enumerate(("what", "node", "value"))})


def _said(store: Store, tables: Sequence[str]) -> Given:
    rows = store.rows(f"select what, node, value from {KEPT}.given") if "given" in tables else []
    years = [int(row.value) for row in rows if row.what == "year"]
    zones = {row.node: row.value for row in rows if row.what == "zone"}
    return Given(max(years, default=None), zones, {row.node: float(row.value) for row in rows if row.what == "offset"})


def _joined(before: Given, now: Given) -> Given:
    """Both; what is said today counts for more."""
    year = before.year if now.year is None else now.year
    return Given(year, {**before.zones, **now.zones}, {**before.offsets, **now.offsets})


def _check_whole(store: Store, path: Path) -> None:
    size = store.one("from pragma_database_size() where database_name = ?", KEPT)
    if size is None or path.stat().st_size < HEADERS + size.total_blocks * size.block_size:
        raise PcmklogError(f"The database {path} is not whole: its end is missing.")


def _known(store: Store, path: Path, tables: Sequence[str]) -> dict[str, str]:
    """What the file says of itself."""
    try:
        rows = store.rows(f"select key, value from {KEPT}.meta") if {"meta", "page"} <= {*tables} else []
    except duckdb.Error:
        rows = []
    known = {row.key: row.value for row in rows}
    if not {"pcmklog", "name", "kind", "links", *marks.MARKS} <= known.keys():
        raise PcmklogError(f"{path} is a DuckDB database, but none that pcmklog has kept.")
    if known["schema"] != marks.schema():
        raise PcmklogError(
            f"The database {path} was kept by pcmklog {known['pcmklog']}, whose tables are not those of this release "
            f"({__version__}): analyse the bundle itself again."
        )
    return known


def _copy_raw(store: Store) -> None:
    for table in RAW:
        store.execute(f"insert into {table} by name from {KEPT}.{table}")
    store.execute(ANEW)


def _reread(store: Store, bundle: Bundle) -> Bundle:
    """The bundle once more, from its raw text; what was no text has left no more than its name."""
    sources = store.rows(f"select * from {KEPT}.source order by id")
    chunks: dict[int, list[Row]] = {}
    for row in store.rows(f"select source, place, size from {KEPT}.chunk order by source, first_line"):
        chunks.setdefault(row.source, []).append(row)
    # Those of the reader come again.
    bundle.notes = [
        Note(*row) for row in store.rows(f"from {KEPT}.note where code <> 'LOG004' and text not like '%were cut.'")
    ]
    frames = store.frames
    bundle.bytes_total = sum(row.bytes or 0 for row in sources)
    bundle.members = (
        Member(source.path, source.bytes, source.mtime, _Text(bundle, frames, chunks.get(source.id, []), source.role))  # type: ignore[arg-type]
        for source in sources
    )
    store.use(None)
    return bundle


def amend(store: Store) -> None:
    """What only the files themselves could tell, once their text was read again."""
    store.execute(
        f"update source set bytes = old.bytes, cut_lines = old.cut_lines, digest = old.digest, same_as = old.same_as "
        f"from {KEPT}.source old where old.id = source.id"
    )
    store.execute("create or replace table note as select distinct * from note")


class _Text:
    """The text of a source as a stream."""

    def __init__(self, bundle: Bundle, frames: Frames, chunks: Sequence[Row], role: str) -> None:
        self._bundle = bundle
        self._parts: Iterator[bytes] = (unpacked(frames.read(chunk.place, chunk.size)) for chunk in chunks)
        self._rest = b"\0" if role == "binary" else b""

    def read(self, size: int = -1) -> bytes:
        parts, count = [self._rest], len(self._rest)
        while (size < 0 or count < size) and (part := next(self._parts, b"")):
            parts.append(part)
            count += len(part)
            self._bundle.count(len(part))
        data = b"".join(parts)
        size = count if size < 0 else size
        self._rest = data[size:]
        return data[:size]


def _kind(store: Store, table: str) -> str:
    """How a table of the run is made: the schema has views too."""
    found = store.one("from duckdb_views() where view_name = ? and database_name = 'memory' and not internal", table)
    return "view" if found else "table"


def _tables(store: Store, database: str) -> list[str]:
    # Of ours with views: what was attached may be kept again.  Of others tables only: a view may do anything.
    kinds = "'BASE TABLE'" if database == KEPT else "'BASE TABLE', 'VIEW'"
    query = (
        "select table_name as name from information_schema.tables "
        f"where table_catalog = ? and table_schema = 'main' and table_type in ({kinds}) order by table_name"
    )
    return [row.name for row in store.rows(query, database)]


def _quoted(path: Path) -> str:
    return "'" + str(path.absolute()).replace("'", "''") + "'"
