"""The options that several commands have: groups of them, each a small frozen value that is declared once.

A command takes a group as one parameter; `grouped` shows its fields to typer as options of the command.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from pcmklog.model import PcmklogError

Command = Callable[..., Any]

BundleArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="BUNDLE",
        help="Archives, folders or log files of one cluster, also one archive a node; or a file that --database kept.",
        show_default=False,
    ),
]
RulesOption = Annotated[
    list[Path],
    typer.Option("--rules", metavar="DIR", help="A folder with rules (and messages) of your own; may be repeated."),
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")]


@dataclass(frozen=True)
class Reading:
    """How bundles are read."""

    rules: RulesOption = field(default_factory=list)
    messages: Annotated[
        list[Path],
        typer.Option("--messages", metavar="DIR", help="A folder with messages of your own; may be repeated."),
    ] = field(default_factory=list)
    year: Annotated[
        int | None, typer.Option("--year", metavar="YEAR", help="The year of the newest stamp that has none.")
    ] = None
    tz: Annotated[
        list[str],
        typer.Option("--tz", metavar="[NODE=]ZONE", help="The zone of stamps that name none; may be repeated."),
    ] = field(default_factory=list)
    offset: Annotated[
        list[str],
        typer.Option(
            "--offset", metavar="NODE=SECONDS", help="How far a node's clock was ahead (-3.5: behind); may be repeated."
        ),
    ] = field(default_factory=list)
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", min=0, metavar="N",
            help="With how many processes large logs are read.  [default: what the machine has]",
            show_default=False,
        ),
    ] = 0  # fmt: skip
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Show passwords that stand in the bundle.")] = (
        False
    )
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, and no summary beside reports.")] = (
        False
    )
    debug: DebugOption = False


@dataclass(frozen=True)
class Stretch:
    """Which part of the time, and whose."""

    since: Annotated[str | None, typer.Option("--since", metavar="MOMENT", help="Where it begins.")] = None
    until: Annotated[str | None, typer.Option("--until", metavar="MOMENT", help="Where it ends.")] = None
    around: Annotated[
        str | None, typer.Option("--around", metavar="MOMENT", help="A minute before and after a moment, such as f3.")
    ] = None
    within: Annotated[
        str | None, typer.Option("--within", metavar="TIME", help="Another length for --around: 30s, 10min.")
    ] = None
    node: Annotated[list[str], typer.Option("--node", metavar="NAME", help="This node only; may be repeated.")] = field(
        default_factory=list
    )


def grouped(command: Command) -> Command:
    """The command as typer takes it: each parameter that is a group stands for the options of the group."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}

    @wraps(command)
    def run(**values: Any) -> Any:
        for name, group in groups.items():
            values[name] = group(**{each.name: values.pop(each.name) for each in fields(group)})
        return command(**values)

    shown: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        shown += _options(groups[name]) if name in groups else [parameter.replace(annotation=hints[name])]
    ordered = sorted(shown, key=lambda parameter: parameter.kind)
    run.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    return run


def _options(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=_default(each), annotation=hints[each.name]
        )
        for each in fields(group)
    ]


def _default(option: Field[Any]) -> Any:
    return option.default if option.default_factory is MISSING else option.default_factory()


def check_output(formats: Sequence[str], database: Path | None, *, to_stdout: bool, show: bool = False) -> None:
    """Refuse what would only fail after the work was done; raises PcmklogError."""
    message = ""
    if to_stdout and show:
        message = "--open shows a file: it wants a folder for --output, not standard output."
    elif to_stdout and len(formats) > 1:
        message = "Standard output takes one format; name a folder with --output for several."
    elif to_stdout and "png" in formats and sys.stdout.isatty():
        message = "A PNG is nothing for a terminal; say with --output where it is to be written, or pipe it on."
    elif database is not None and database.exists():
        message = f"The file {database} is there already; --database wants the name of a new one."
    elif database is not None and not database.absolute().parent.is_dir():
        message = f"There is no folder {database.absolute().parent} for the database."
    if message:
        raise PcmklogError(message)
