"""The pipeline, from the bundle to the report; can be read as the table of contents.

bundle -> sources -> lines -> events -> DuckDB -> clock -> sequences -> rules -> causes -> report
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypedDict, Unpack

from pcmklog import assemble, causes, clock, dating, facts, kept, nodes, rawlines, releases, sequences, state
from pcmklog import compare as compares
from pcmklog import timeline as timelines
from pcmklog.bundle import Bundle, open_bundle
from pcmklog.catalog import Catalog
from pcmklog.ingest import Progress, read
from pcmklog.kept import Use
from pcmklog.masking import masked, without_secrets
from pcmklog.model import Finding, Given, Note, PcmklogError, interrupted
from pcmklog.proofread import proofread
from pcmklog.rawlines import RawLine
from pcmklog.report import drawn, svg
from pcmklog.rule import Rule, bounded, chosen, rules
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


class Options(TypedDict, total=False):
    """What may be said beside the bundle.

    `rules` and `messages` are folders of further rules and message files (a folder of rules may hold both), `select`
    and `ignore` are codes or families of rules, `database` keeps the DuckDB file, `given` is what the user says of the
    clocks, `progress` is called with the bytes read and the bytes in all, `jobs` is with how many processes large logs
    are read (0: what the machine has), `secrets` leaves passwords readable.
    """

    rules: Sequence[Path]
    messages: Sequence[Path]
    select: Sequence[str]
    ignore: Sequence[str]
    database: Path | None
    progress: Progress | None
    given: Given
    jobs: int
    secrets: bool


def analyze(paths: Sequence[Path], **options: Unpack[Options]) -> Report:
    """The report on a bundle, in the shape of the JSON report.  Raises PcmklogError for what cannot be analysed."""
    return told(examine(paths, **options), secrets=options.get("secrets", False))


def timeline(paths: Sequence[Path], wanted: Wanted, **options: Unpack[Options]) -> Timeline:
    """What happened on each node, side by side.  Raises PcmklogError as `analyze` does, and for a wrong wish."""
    done = examine(paths, **options)
    found = timelines.timeline(done.store, done.bundle.name, done.findings, wanted)
    if options.get("secrets"):
        return found
    entries = tuple(entry._replace(text=masked(entry.text)) for entry in found.entries)
    return replace(found, entries=entries, findings=tuple(replace(f, title=masked(f.title)) for f in found.findings))


def compare(paths: Sequence[Path], names: tuple[str, str] | None = None, **options: Unpack[Options]) -> Report:
    """What differs between two bundles, or between two starts or stops of one bundle, which `names` has.

    Raises PcmklogError as `analyze` does, and for another number of bundles.
    """
    if len(paths) != (1 if names else 2):
        raise PcmklogError("Two bundles are compared, or with --sequence and --with two starts or stops of one bundle.")
    sides = []
    for path in paths:
        done = examine([path], **options)
        sides.append(compares.side(told(done, secrets=options.get("secrets", False)), done.store))
    if names:
        return compares.sequences(sides[0].report, *names)
    return compares.compare(*sides)


def picture(paths: Sequence[Path], wanted: Wanted, fmt: str, **options: Unpack[Options]) -> bytes:
    """The timeline as a picture, svg or png, of some nodes and a stretch of time; raises what `timeline` does."""
    if wanted.daemons or wanted.min_severity or wanted.where:
        raise PcmklogError("A picture has no lines to choose by --daemon, --min-severity or --where.")
    done = examine(paths, **options)
    nodes, since, until = timelines.stretch(done.store, done.findings, wanted)
    report = told(done, secrets=options.get("secrets", False))
    span = (round(since * 1000), round(until * 1000)) if wanted.since or wanted.until or wanted.around else None
    return drawn(svg.paper(report, nodes if wanted.nodes else (), span), fmt)


def lines(paths: Sequence[Path], wanted: Wanted, **options: Unpack[Options]) -> Iterator[RawLine]:
    """All lines of a stretch of time on one clock, known or not; raises what `timeline` does."""
    done = examine(paths, **options)
    nodes, since, until = timelines.stretch(done.store, done.findings, wanted)
    found = rawlines.between(done.store, since, until, nodes if wanted.nodes else ())
    return found if options.get("secrets") else (line._replace(text=masked(line.text)) for line in found)


def examine(paths: Sequence[Path], **options: Unpack[Options]) -> Examined:
    """Everything that is known of a bundle, before it is put into a report."""
    folders, given = options.get("rules", ()), options.get("given", NOTHING)
    checks = chosen(load_rules(folders), options.get("select", ()), options.get("ignore", ()))
    own = [*options.get("messages", ()), *(folder for folder in folders if any(folder.glob("*.toml")))]
    store = Store()
    bundle = load(paths, store, options.get("progress"), own, given, options.get("jobs", 0))
    if database := options.get("database"):
        kept.keep(store, bundle, database, own)
    findings = causes.link(causes.number(find(store, checks)))
    return Examined(store, bundle, checks, findings)


def told(done: Examined, *, secrets: bool = False) -> Report:
    """The report on what was examined; passwords are shown where `secrets` is wanted only."""
    report = assemble.report(done.store, done.bundle, done.checks, done.findings)
    found: Report = report if secrets else without_secrets(report)
    return found


def load(
    paths: Sequence[Path],
    store: Store,
    progress: Progress | None = None,
    messages: Sequence[Path] = (),
    given: Given = NOTHING,
    jobs: int = 0,
) -> Bundle:
    """Reads the bundle into the store and derives everything that rules ask for; less is done for a kept database."""
    old = reopen(paths, store, messages, given)
    bundle = old.bundle if old else open_bundle(paths)
    given = old.given if old else given
    use = old.use if old else Use.TEXT
    if use is Use.ALL and not messages:
        return bundle
    catalog = load_messages(messages)  # those of the user are proofread at any rate
    if use is Use.TEXT:
        read(bundle, store, catalog, progress, jobs)
    if use is Use.TEXT and old:
        kept.amend(store)
    if use is not Use.ALL:
        derive(store, catalog, given)
    return bundle


def reopen(
    paths: Sequence[Path], store: Store, messages: Sequence[Path] = (), given: Given = NOTHING
) -> kept.Kept | None:
    """The kept database that was named in place of a bundle, if it was one."""
    databases = [path for path in paths if kept.is_kept(path)]
    if not databases:
        return None
    if len(paths) > 1:
        raise PcmklogError(f"The database {databases[0]} stands for a whole bundle: nothing else can be added to it.")
    return kept.attach(store, databases[0], messages, given)


def derive(store: Store, catalog: Catalog, given: Given = NOTHING) -> None:
    """Raw events -> nodes -> years -> facts -> one clock -> releases -> sequences -> states and operations."""
    store.roomy()
    kept.note(store, given)
    nodes.attribute(store)
    dating.date(store, given)
    facts.join(store)
    clock.align(store, given.offsets)
    releases.settle(store, catalog)
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
            found.extend(bounded([*check.findings(store)]))
        except Exception as error:
            if interrupted(error):
                raise
            store.add_notes([Note("", f"rule {check.code}", f"It failed: {type(error).__name__}: {error}".strip())])
    return found
