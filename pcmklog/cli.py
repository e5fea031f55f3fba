"""The command line: it declares the options, calls one function for each command and turns errors into sentences.

Everything heavy is imported by the command that needs it, for `pcmklog --help` has to come at once.
"""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from pcmklog import __version__
from pcmklog.model import PcmklogError, interrupted
from pcmklog.options import BundleArgument, DebugOption, Reading, RulesOption, Stretch, check_output, grouped
from pcmklog.terminal import colour, columns, out, progress_bar

if TYPE_CHECKING:
    from pcmklog.analyze import Options
    from pcmklog.timeline import Wanted

FINE, FAULTS, FAILED, INTERRUPTED = 0, 1, 2, 130
GRAVE = frozenset({"error", "critical"})
ARCHIVE = re.compile(r"(\.(tar|tgz|tbz2?|txz|tzst|zip|log|txt|gz|bz2|xz|zst))+$", re.IGNORECASE)


class Format(StrEnum):
    """What a report can be written as."""

    HTML = "html"
    JSON = "json"
    MD = "md"
    TEXT = "text"
    SVG = "svg"
    PNG = "png"


class View(StrEnum):
    """What a timeline can be written as."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    MD = "md"
    SVG = "svg"
    PNG = "png"


class Side(StrEnum):
    """What a comparison can be written as."""

    TEXT = "text"
    MD = "md"
    JSON = "json"


PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False, "add_completion": False}
HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(name="pcmklog", context_settings=HELP, **PLAIN)
rules_app = typer.Typer(
    help="The rules: what is looked for, why it matters and what to do.", context_settings=HELP, **PLAIN
)
app.add_typer(rules_app, name="rules")


def main() -> None:
    """Run the command that the arguments name; the exit status is 0, 1 (faults were found) or 2 (not done)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        status = app(prog_name="pcmklog", standalone_mode=False)
    except typer.TyperException as error:
        status = _fail(f"{error.format_message()} (`pcmklog --help` lists commands and options)")
    except (typer.Abort, KeyboardInterrupt):
        status = _stopped
    sys.exit(status)


def _stop(number: int, _frame: object) -> None:
    """Ends the run by an exception, so that what is half written is removed on the way."""
    global _stopped  # noqa: PLW0603 - signals come to the process
    _stopped = 128 + number
    raise KeyboardInterrupt


_stopped = INTERRUPTED  # the exit status of a run that was ended by a signal


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer passes the value of the option so
    if wanted:
        out(f"pcmklog {__version__}\n")
        raise typer.Exit


@app.callback()
def pcmklog(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Say what went wrong in a Corosync, CMAN or Pacemaker cluster, from the logs that its nodes left."""


@app.command()
@grouped
def analyze(  # noqa: PLR0913 - one parameter an option
    bundles: BundleArgument,
    *,
    formats: Annotated[
        list[Format],
        typer.Option("--format", "-f", help="What to write; may be repeated.  [default: html and json; text for -]"),
    ] = [],  # noqa: B006 - typer copies it
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR|-", help="Folder of the reports; - writes one format to standard output."
        ),
    ] = Path("reports"),
    show: Annotated[bool, typer.Option("--open", help="Open the HTML report in the browser.")] = False,
    database: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep the database in this new file, which can be named in place of the bundle."
        ),
    ] = None,
    select: Annotated[
        list[str], typer.Option(metavar="CODES", help="Only these rules or families: ORD,FRK2; may be repeated.")
    ] = [],  # noqa: B006 - typer copies it
    ignore: Annotated[
        list[str], typer.Option(metavar="CODES", help="Not these rules or families: CLK,LOG001; may be repeated.")
    ] = [],  # noqa: B006 - typer copies it
    reading: Reading,
) -> int:
    """Say what went wrong: a summary on the terminal, and reports to look at and to hand on.

    Several bundles are taken as one: `pcmklog analyze one.tar.xz other.tar.xz`, in any order.

    Exit status: 0 nothing worse than a warning was found, 1 errors were found, 2 the bundle cannot be analysed.
    """
    with _sentences(debug=reading.debug):
        to_stdout = str(output) == "-"
        chosen = [*dict.fromkeys(formats)] or ([Format.TEXT] if to_stdout else [Format.HTML, Format.JSON])
        chosen += [Format.HTML] if show and Format.HTML not in chosen else []
        check_output(chosen, database, to_stdout=to_stdout, show=show)
        from pcmklog.analyze import analyze as analysed

        with _reader(reading) as options:
            options |= {"select": select, "ignore": ignore, "database": database}
            report = analysed(bundles, **options)
        if to_stdout:
            _to_stdout(report, chosen[0])
        else:
            written = _to_folder(report, chosen, output, _stem(bundles[0]), quiet=reading.quiet)
            if show:
                _open(written[chosen.index(Format.HTML)])
        return FAULTS if GRAVE & {finding["severity"] for finding in report["findings"]} else FINE


@app.command()
@grouped
def timeline(  # noqa: PLR0913 - one parameter an option
    bundles: BundleArgument,
    *,
    stretch: Stretch,
    daemon: Annotated[list[str], typer.Option(metavar="NAME", help="This daemon or role only; may be repeated.")] = [],  # noqa: B006 - typer copies it
    min_severity: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="The least level; without it notice and what proves findings.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="FILTER", help="A filter: 'daemon = corosync and text ~ \"FAULTY\"'.")
    ] = None,
    fmt: Annotated[View, typer.Option("--format", "-f", help="What to write; svg and png are pictures.")] = View.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write.  [default: standard output]")
    ] = None,
    width: Annotated[
        int | None, typer.Option(min=40, metavar="CELLS", help="Cells of a line.  [default: the terminal's, else 160]")
    ] = None,
    reading: Reading,
) -> int:
    """Show what happened on each node, side by side on one clock.

    A MOMENT is 14:00, 2026-11-22 06:59, -2h (before the end), f3 (a finding) or "10 min before f3"; times are UTC.

    Exit status: 0 done, 2 the bundle cannot be analysed or a wish is not understood.
    """
    with _sentences(debug=reading.debug):
        from pcmklog.analyze import picture
        from pcmklog.analyze import timeline as laid_out
        from pcmklog.timeline import render

        wanted = _wanted(stretch, daemons=daemon, min_severity=min_severity, where=where)
        check_output([fmt], None, to_stdout=output is None)
        with _reader(reading) as options:
            if fmt in (View.SVG, View.PNG):
                content: str | bytes = picture(bundles, wanted, fmt, **options)
            else:
                found, shown = laid_out(bundles, wanted, **options), colour() and output is None
                content = render(found, fmt, colour=shown, width=width or columns(160))
        if output is None:
            out(content)
        else:
            output.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
        return FINE


@app.command()
@grouped
def lines(bundles: BundleArgument, *, stretch: Stretch, reading: Reading) -> int:
    """Show every line of all logs, known or not, in the order of time on one clock.

    Each begins with its time in UTC, its node, and where it stands.  A MOMENT is written as for the timeline.

    Exit status: 0 done, 2 the bundle cannot be analysed or a wish is not understood.
    """
    with _sentences(debug=reading.debug):
        from pcmklog.analyze import lines as found
        from pcmklog.rawlines import render

        with _reader(reading) as options:
            every = found(bundles, _wanted(stretch), **options)
        for text in render(every):
            if not out(text):
                break
        return FINE


@app.command()
@grouped
def compare(
    bundles: BundleArgument,
    *,
    sequence: Annotated[
        str | None, typer.Option(metavar="ID", help="A start or stop of the one bundle, such as s1, ...")
    ] = None,
    other: Annotated[
        str | None, typer.Option("--with", metavar="ID", help="... and the one to compare it with.")
    ] = None,
    fmt: Annotated[Side, typer.Option("--format", "-f", help="What to write.")] = Side.TEXT,
    reading: Reading,
) -> int:
    """Say what differs between two bundles: pcmklog compare bad.tar good.tar.

    Releases, configuration, findings (matched by code and node, not by time), how often nodes were lost and fenced,
    and the steps of starts and stops beside each other.  With --sequence and --with two starts or stops of one bundle;
    their names are the ids of the JSON report, s1 is the first.

    Exit status: 0 nothing worse than a warning was found in either, 1 errors were found in one, 2 not done.
    """
    with _sentences(debug=reading.debug):
        from pcmklog.analyze import compare as compared
        from pcmklog.compare import render

        if (sequence is None) != (other is None):
            message = "--sequence and --with go together: each names a start or stop."
            raise PcmklogError(message)
        with _reader(reading) as options:
            found = compared(bundles, (sequence, other) if sequence and other else None, **options)
        out(render(found, fmt, width=columns(100)))
        return FAULTS if GRAVE & {*found["a"]["findings"], *found["b"]["findings"]} else FINE


@rules_app.command("list")
def rules_list(*, rules: RulesOption = [], debug: DebugOption = False) -> None:  # noqa: B006 - typer copies it
    """List the rules: code, severity, name and what each finds."""
    with _sentences(debug=debug):
        from pcmklog.rule import rules as all_rules

        out("".join(f"{r.code}  {r.severity:8}  {r.name}: {r.summary}\n" for r in all_rules(rules)))


@rules_app.command("show")
def rules_show(
    code: Annotated[str, typer.Argument(help="The code of a rule, such as ORD101.", show_default=False)],
    *,
    rules: RulesOption = [],  # noqa: B006 - typer copies it
    debug: DebugOption = False,
) -> None:
    """Show the page of one rule."""
    with _sentences(debug=debug):
        from pcmklog.rule import rules as all_rules

        found = {r.code: r for r in all_rules(rules)}.get(code.upper())
        if found is None:
            message = f"There is no rule {code}; `pcmklog rules list` lists them."
            raise PcmklogError(message)
        out(f"{found.code} {found.name} ({found.severity})\n\n{found.doc.strip()}\n")


@contextmanager
def _reader(reading: Reading) -> Iterator[Options]:
    """The options of an analysis, with a progress bar for as long as it takes."""
    from pcmklog.dating import given

    said = given(reading.year, reading.tz, reading.offset)
    with progress_bar(quiet=reading.quiet) as progress:
        yield {
            "rules": reading.rules,
            "messages": reading.messages,
            "given": said,
            "jobs": reading.jobs,
            "secrets": reading.show_secrets,
            "progress": progress,
        }


def _wanted(stretch: Stretch, **more: Any) -> Wanted:
    from pcmklog.timeline import Wanted

    return Wanted(stretch.since, stretch.until, stretch.around, stretch.within, stretch.node, **more)


def _to_stdout(report: dict[str, Any], fmt: Format) -> None:
    from pcmklog.report import encoded

    out(f"{_summary(report).rstrip()}\n" if fmt is Format.TEXT else encoded(report, fmt))


def _to_folder(report: dict[str, Any], formats: list[Format], folder: Path, stem: str, *, quiet: bool) -> list[Path]:
    from pcmklog.report import write

    written = write(report, formats, folder, stem)
    if not quiet:
        out(f"{_summary(report).rstrip()}\n\n" + "".join(f"Report: {path}\n" for path in written))
    return written


def _summary(report: dict[str, Any]) -> str:
    """The text for the terminal, as wide as it is; 80 cells for what is none."""
    from pcmklog.report import text

    return text.render(report, colour=colour(), width=columns(text.WIDTH))


def _open(page: Path) -> None:
    """Show the page in the user's browser, or say in one sentence that there is none."""
    import webbrowser

    if not webbrowser.open(page.absolute().as_uri()):
        print(f"pcmklog: There is no browser to be found here: open {page} yourself.", file=sys.stderr)


def _stem(bundle: Path) -> str:
    """The name of the reports: the bundle's without the suffixes of archives."""
    name = bundle.resolve().name
    return ARCHIVE.sub("", name) or name or "report"


def _fail(sentence: str) -> int:
    line = " ".join(sentence.split()).encode("utf-8", "backslashreplace").decode()
    print(f"pcmklog: error: {line}", file=sys.stderr)
    return FAILED


@contextmanager
def _sentences(*, debug: bool) -> Iterator[None]:
    """Turn what goes wrong inside into one sentence on standard error and an exit status."""
    try:
        yield
    except PcmklogError as error:
        _exit(_fail(str(error)))
    except KeyboardInterrupt:
        _exit(_stopped)
    except Exception as error:
        if interrupted(error):
            _exit(_stopped)
        if debug:
            raise
        if isinstance(error, OSError) and error.strerror:
            _exit(_fail(f"{error.filename or 'standard output'}: {error.strerror}."))
        what = f"{type(error).__name__}: {error}"
        _exit(_fail(f"This is a fault of pcmklog ({what}); please report it with what --debug shows."))


def _exit(status: int) -> NoReturn:
    raise typer.Exit(status) from None
