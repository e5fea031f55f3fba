"""The store: everything after the front end is rows in one DuckDB database; the raw text stands beside it.

Rows go in as columns (numpy arrays, then one `insert ... select`); `executemany` is some hundred times slower.
The tables are described in `sql/schema.sql` and `sql/derive.sql`, the manual of the rule author.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, wraps
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import duckdb
import numpy as np

from pcmklog import daemons
from pcmklog.model import Event, Evidence, Line, Note, Setting
from pcmklog.rawtext import Frames, Spool, unpacked
from pcmklog.rows import COLUMNS
from pcmklog.scan import Block

if TYPE_CHECKING:  # it takes longer to load than a bundle to be read, and only notebooks ask for it
    import pandas as pd

Row = Any
Answer = TypeVar("Answer")
EVENT_COLUMNS = "id, node, ts, logged, daemon, subsystem, pid, kind, level, text, fields, source, line"
NUMBERS = {
    "line": np.int64,
    "year": np.int32,
    "digits": np.int8,
    "template": np.int32,
    "place": np.int64,
    "number": np.int64,
}
CHUNK_COLUMNS = (
    "source", "first_line", "lines", "first_year", "first_local", "first_zone",
    "last_year", "last_local", "last_zone", "place", "size",
)  # fmt: skip
Clock = tuple[int, float, int | None] | None  # a stamp as in the table raw_event: year, local seconds, zone
UNKNOWN = (None, None, None)
MEMORY = "160MB"  # of the tables while a bundle is read, which may be of any size
ROOMY = "400MB"  # ... while it is asked: a million events, and not each query reads them from the disk
CHUNK_BATCH = 64
EVENT_BATCH = 20_000
CHUNKS_READ = 24  # megabytes of raw text at hand while reports are written


class Store:
    """One analysed bundle.  `rows` gives named tuples, `events` the events of some kinds in the order of time."""

    def __init__(self) -> None:
        # What does not fit into MEMORY goes to a folder of ours.
        folder = tempfile.mkdtemp(prefix="pcmklog-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.connection = duckdb.connect(":memory:", config={"temp_directory": folder, "memory_limit": MEMORY})
        self._memory, self._beyond = MEMORY, False
        self.connection.execute("set threads = 2; set preserve_insertion_order = true;")
        self.connection.execute("set enable_progress_bar = false;")  # a notebook would get one for each query
        self.script("schema")
        # Small inserts cost more than their rows: what blocks give is held back until it is worth one.
        self._chunks: dict[str, list[object]] = {name: [] for name in CHUNK_COLUMNS}
        self._events: dict[str, list[object]] = {name: [] for name in ("source", *COLUMNS)}
        self._spool = Spool()
        self.frames: Frames = self._spool
        self._read: dict[int, list[bytes]] = {}
        known = daemons.names()
        self.insert(
            "daemon", {"name": [*known], "role": [*known.values()], "family": [daemons.family(name) for name in known]}
        )

    # ------------------------------------------------------------------ filling

    def script(self, name: str) -> None:
        """Runs the statements of `sql/<name>.sql`."""
        text = files("pcmklog").joinpath("sql", f"{name}.sql").read_text("utf-8")
        for statement in self.connection.extract_statements(text):
            self._run(statement)

    def _run(self, query: str | duckdb.Statement, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """Runs a statement; one that cannot do with the memory allowed is run again with what the machine has."""
        if self._beyond:
            self._allow(self._memory)
        try:
            return self.connection.execute(query, list(values))
        except duckdb.OutOfMemoryException:
            self.connection.execute("reset memory_limit")
            self._beyond = True
            return self.connection.execute(query, list(values))

    def _allow(self, memory: str) -> None:
        """How much memory the tables may take from now on, or from when a statement that needs more is done."""
        self._memory = memory
        try:
            self.connection.execute(f"set memory_limit = '{memory}'")
            self._beyond = False
        except duckdb.OutOfMemoryException:
            self._beyond = True

    def roomy(self) -> None:
        """Everything is read, and will be asked for again and again."""
        self._allow(ROOMY)

    def insert(self, table: str, columns: Mapping[str, Sequence[object]]) -> None:
        """Appends rows given as columns of equal length; the names are columns of the table."""
        if not columns or not len(next(iter(columns.values()))):
            return
        batch = {name: _array(name, values) for name, values in columns.items()}
        names = ", ".join(f'"{name}"' for name in batch)
        self.connection.register("batch", batch)
        self._run(f"insert into {table} by name select {names} from batch")
        self.connection.unregister("batch")

    def add_block(self, source: int, block: Block, first: Clock = None, last: Clock = None) -> None:
        """Keeps the raw text of a block, the events found in it, and its first and last stamp."""
        place = self._spool.append(block.z)
        row = (source, block.first_line, block.lines, *(first or UNKNOWN), *(last or UNKNOWN), place, len(block.z))
        for name, value in zip(self._chunks, row, strict=True):
            self._chunks[name].append(value)
        found = block.columns.get("line", [])
        self._events["source"].extend([source] * len(found))
        for name in COLUMNS if found else ():
            self._events[name].extend(block.columns[name])
        if len(self._chunks["place"]) >= CHUNK_BATCH or len(self._events["line"]) >= EVENT_BATCH:
            self.flush()

    def use(self, frames: Frames | None) -> None:
        """Takes the raw text from somewhere else (None: back to what `add_block` was given)."""
        self.frames = self._spool if frames is None else frames

    def flush(self) -> None:
        """Writes what is still held back."""
        for table, columns in (("chunk", self._chunks), ("raw_event", self._events)):
            self.insert(table, columns)
            for values in columns.values():
                values.clear()

    def add_settings(self, source: int, settings: Iterable[Setting]) -> None:
        """Keeps the values of one configuration file."""
        rows = list(settings)
        self.insert(
            "setting",
            {
                "source": [source] * len(rows),
                "file": [r.file for r in rows],
                "path": [r.path for r in rows],
                "value": [r.value for r in rows],
                "line": [r.line for r in rows],
            },
        )

    def add_notes(self, notes: Iterable[Note]) -> None:
        """Keeps what could not be read."""
        rows = list(notes)
        self.insert(
            "note", {"code": [n.code for n in rows], "path": [n.path for n in rows], "text": [n.text for n in rows]}
        )

    # ------------------------------------------------------------------ asking

    def execute(self, query: str, *values: object) -> None:
        """Runs a statement whose result nobody wants."""
        self._run(query, values)

    def rows(self, query: str, *values: object) -> list[Row]:
        """The rows of a query as named tuples."""
        cursor = self._run(query, values)
        names = tuple(column[0] for column in cursor.description or ())
        return [_row_type(names)._make(row) for row in cursor.fetchall()]

    def frame(self, query: str, *values: object) -> pd.DataFrame:
        """The rows of a query as a data frame of pandas."""
        return self._run(query, values).df()

    def one(self, query: str, *values: object) -> Row | None:
        """The first row of a query, or None."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def events(self, *kinds: str, node: str | None = None) -> Iterator[Event]:
        """The events of these kinds (all kinds when none is named; `child.*` for a whole subject), in order of time."""
        # A list is looked for before the other columns are read, alternatives are not.
        where = "kind in (select unnest(?::varchar[]))" if kinds else "true"
        values: list[object] = [[kind for kind in kinds if not kind.endswith("*")]] if kinds else []
        for subject in (kind for kind in kinds if kind.endswith("*")):
            where += " or starts_with(kind, ?)"
            values.append(subject[:-1])
        if node is not None:
            where = f"({where}) and node = ?"
            values.append(node)
        yield from self.events_where(where, *values)

    def events_where(self, condition: str, *values: object) -> Iterator[Event]:
        """The events for which an SQL condition over the table `event` holds, in order of time."""
        query = f"select {EVENT_COLUMNS} from event where {condition} order by ts nulls first, source, line"
        for row in self._run(query, values).fetchall():
            yield _event(row)

    def event(self, event_id: int) -> Event:
        """The event with this id; KeyError if there is none."""
        row = self._run(f"select {EVENT_COLUMNS} from event where id = ?", [event_id]).fetchone()
        if row is None:
            raise KeyError(event_id)
        return _event(row)

    def setting(self, file: str, path: str, node: str | None = None) -> Row | None:
        """The value of a setting: of the node if it has such a file, else of a file of the whole cluster."""
        return self.one(
            "select * from setting where file = ? and path = ? and (node = ? or node is null) "
            "order by node nulls last, source limit 1",
            file, path, node,
        )  # fmt: skip

    def settings(self, file: str, pattern: str, node: str | None = None) -> list[Row]:
        """The settings whose path is like the SQL pattern (`service[%].ver`), of one node or of all."""
        condition = "" if node is None else "and node = ?"
        values = [file, pattern] + ([] if node is None else [node])
        return self.rows(
            f"select * from setting where file = ? and path like ? {condition} order by node, source, line", *values
        )

    # ------------------------------------------------------------------ raw text

    def raw_lines(self, source: int, first: int, last: int) -> list[str]:
        """The lines `first` to `last` (of the source, 1-based, both included) as they stand in the bundle."""
        found: list[str] = []
        for chunk in self._index.get(source, ()):
            begins = chunk.first_line
            if begins <= last and begins + chunk.lines > first:
                lines = self._chunk(chunk)[max(first, begins) - begins : last + 1 - begins]
                found.extend(line.decode("utf-8", "replace").rstrip("\r") for line in lines)
        return found

    @cached_property
    def _index(self) -> dict[int, list[Row]]:
        """The chunks of each source in their order."""
        index: dict[int, list[Row]] = {}
        for row in self.rows("select source, first_line, lines, place, size from chunk order by source, first_line"):
            index.setdefault(row.source, []).append(row)
        return index

    def _chunk(self, chunk: Row) -> list[bytes]:
        if chunk.place not in self._read:
            if len(self._read) >= CHUNKS_READ:
                self._read.pop(next(iter(self._read)))
            self._read[chunk.place] = unpacked(self.frames.read(chunk.place, chunk.size)).split(b"\n")[:-1]
        return self._read[chunk.place]

    def evidence(self, proof: int | Line, node: str | None = None) -> list[Evidence]:
        """The lines behind an event id (all witnesses) or a line address."""
        return self.evidences([proof], node)[0]

    def evidences(self, proofs: Sequence[int | Line], node: str | None = None) -> list[list[Evidence]]:
        """The same for several proofs at once, which is one query instead of many."""
        events = [proof for proof in proofs if not isinstance(proof, Line)]
        places: dict[int | Line, list[tuple[int, str, str | None, int, int]]] = {proof: [] for proof in proofs}
        for row in self.rows(
            "select w.event, s.id, s.path, coalesce(e.node, s.node) as node, w.line, s.first_line "
            "from witness w join source s on s.id = w.source join event e on e.id = w.event "
            "where w.event in (select unnest(?::bigint[])) order by w.rank, s.path, w.line",
            events,
        ):
            places[row.event].append((row.id, row.path, row.node, row.line, row.first_line))
        for proof in proofs:
            if isinstance(proof, Line):
                found = self.rows("select id, path, node, first_line from source where id = ?", proof.source)
                places[proof] = [(row.id, row.path, row.node, proof.line, row.first_line) for row in found]
        return [
            [
                Evidence(owner or node, path, first + line - 1, next(iter(self.raw_lines(source, line, line)), ""))
                for source, path, owner, line, first in places[proof]
            ]
            for proof in proofs
        ]


def once(ask: Callable[[Store], Answer]) -> Callable[[Store], Answer]:
    """Keeps the answer of a function for each store: for what several rules ask of tables that change no more."""
    known: WeakKeyDictionary[Store, Answer] = WeakKeyDictionary()

    @wraps(ask)
    def answer(store: Store) -> Answer:
        if store not in known:
            known[store] = ask(store)
        return known[store]

    return answer


def _event(row: tuple[Any, ...]) -> Event:
    return Event._make((*row[:10], json.loads(row[10]), *row[11:]))


@lru_cache(256)
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)  # noqa: PYI024 - the names are known at run time only


def _array(name: str, values: Sequence[object]) -> np.ndarray:
    """A column that DuckDB takes without looking at each value, where the values allow it."""
    if name in NUMBERS:
        return np.asarray(values, NUMBERS[name])
    array = np.empty(len(values), object)
    array[:] = values
    return array
