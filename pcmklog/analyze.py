"""The pipeline, from the bundle to the report; can be read as the table of contents.

bundle -> sources -> lines -> events -> DuckDB -> clock -> sequences -> rules -> causes -> report
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pcmklog import assemble, causes, clock, dating, facts, kept, nodes, sequences, state
from pcmklog import timeline as timelines
from pcmklog.bundle import Bundle, open_bundle
from pcmklog.catalog import Catalog
from pcmklog.ingest import Progress, read
from pcmklog.kept import Use
from pcmklog.model import INTERRUPTED_QUERY, Finding, Given, Note, PcmklogError
from pcmklog.proofread import proofread
from pcmklog.rule import Rule, chosen, rules
from pcmklog.store import Store
from pcmklog.timeline import Timeline, Wanted

Report = dict[str, Any]
NOTHING = Given()


class Examined(NamedTuple):
    """An analysed bundle: its store, what it was read from, the rules that were applied, and what they found."""

    store: Store
    bundle: Bundle
    checks: list[Rule]
    findings: list[Finding]


def analyze(  # noqa: PLR0913 - one parameter an option
    paths: Sequence[Path],
    *,
    rules: Sequence[Path] = (),
    messages: Sequence[Path] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    database: Path | None = None,
    progress: Progress | None = None,
    given: Given = NOTHING,
) -> Report:
    """The report on a bundle, in the shape of the JSON report.

    `rules` and `messages` are folders of further rules and message files (a folder of rules may hold both), `select`
    and `ignore` are codes or families of rules, `database` keeps the DuckDB file, `given` is what the user
    says of the clocks.  Raises PcmklogError for input that cannot be analysed.
    """
    done = examine(
        paths,
        rules=rules,
        messages=messages,
        select=select,
        ignore=ignore,
        database=database,
        progress=progress,
        given=given,
    )
    return assemble.report(done.store, done.bundle, done.checks, done.findings)


def examine(  # noqa: PLR0913 - one parameter an option
    paths: Sequence[Path],
    *,
    rules: Sequence[Path] = (),
    messages: Sequence[Path] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    database: Path | None = None,
    progress: Progress | None = None,
    given: Given = NOTHING,
) -> Examined:
    """Everything that is known of a bundle, before it is put into a report; takes and raises what `analyze` does."""
    checks = chosen(load_rules(rules), select, ignore)
    own = [*messages, *(folder for folder in rules if any(folder.glob("*.toml")))]
    store = Store()
    bundle = load(paths, store, progress, own, given)
    if database is not None:
        kept.keep(store, bundle, database, own)
    findings = causes.link(causes.number(find(store, checks)))
    return Examined(store, bundle, checks, findings)


def timeline(
    paths: Sequence[Path],
    wanted: Wanted,
    *,
    rules: Sequence[Path] = (),
    messages: Sequence[Path] = (),
    progress: Progress | None = None,
    given: Given = NOTHING,
) -> Timeline:
    """What happened on each node, side by side.  Raises PcmklogError as `analyze` does, and for a wrong wish."""
    done = examine(paths, rules=rules, messages=messages, progress=progress, given=given)
    return timelines.timeline(done.store, done.bundle.name, done.findings, wanted)


def load(
    paths: Sequence[Path],
    store: Store,
    progress: Progress | None = None,
    messages: Sequence[Path] = (),
    given: Given = NOTHING,
) -> Bundle:
    """Reads the bundle into the store and derives everything that rules ask for; less is done for a kept database."""
    old = reopen(paths, store, messages, anew=given != NOTHING)
    bundle = old.bundle if old else open_bundle(paths)
    use = old.use if old else Use.TEXT
    if use is Use.TEXT or messages:
        catalog = load_messages(messages)  # those of the user are proofread at any rate
    if use is Use.TEXT:
        read(bundle, store, catalog, progress)
    if use is Use.TEXT and old:
        kept.amend(store)
    if use is not Use.ALL:
        derive(store, given)
    return bundle


def reopen(
    paths: Sequence[Path], store: Store, messages: Sequence[Path] = (), *, anew: bool = False
) -> kept.Kept | None:
    """The kept database that was named in place of a bundle, if it was one; `anew` when it has to be derived again."""
    databases = [path for path in paths if kept.is_kept(path)]
    if not databases:
        return None
    if len(paths) > 1:
        raise PcmklogError(f"The database {databases[0]} stands for a whole bundle: nothing else can be added to it.")
    return kept.attach(store, databases[0], messages, anew=anew)


def derive(store: Store, given: Given = NOTHING) -> None:
    """Raw events -> nodes -> years and zones -> facts -> one clock -> lives and sequences -> states and operations."""
    nodes.attribute(store)
    dating.date(store, given)
    facts.join(store)
    clock.align(store, given.offsets)
    sequences.fold(store)
    state.derive(store)


def load_messages(folders: Sequence[Path] = ()) -> Catalog:
    """The catalogue of the package and of the user's folders, whose entries are proofread."""
    catalog = Catalog.load(folders)
    if folders:
        proofread(catalog)
    return catalog


def load_rules(folders: Sequence[Path] = ()) -> list[Rule]:
    """The rules of the package and of the user's folders."""
    return rules(folders)


def find(store: Store, checks: Sequence[Rule]) -> list[Finding]:
    """What the rules find.  A rule that fails costs its own findings and a note in the report, not the report."""
    found: list[Finding] = []
    for check in checks:
        try:
            found.extend(check.findings(store))
        except Exception as error:
            if INTERRUPTED_QUERY in str(error):
                raise
            store.add_notes([Note("", f"rule {check.code}", f"It failed: {type(error).__name__}: {error}".strip())])
    return found
