"""What a rule is: a function from the store to findings, with a code, and a module docstring that is its manual page.

    @rule("ORD102", "messaging-shutdown-refused", "warning", reads=("plugin.refused",))
    def shutdown_refused(store: Store) -> Iterator[Finding]: ...

The docstring of the module says what the rule finds, why it matters and what to do, under the headings
`## What it finds`, `## Why it matters` and `## What to do`; reports take explanation and advice from it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pcmklog.model import SEVERITIES, Finding, PcmklogError
from pcmklog.store import Store
from pcmklog.words import clock, day

Find = Callable[[Store], Iterator[Finding]]
SECTION = re.compile(r"^## (.+?)\n", re.MULTILINE)
MOST = 50
"""Findings of one rule on one node that are told one by one."""
WHAT, WHY, REMEDY = "What it finds", "Why it matters", "What to do"


@dataclass(frozen=True)
class Rule:
    """A rule with its manual page; `reads` are the kinds of events without which it cannot find anything."""

    code: str
    name: str
    severity: str
    reads: tuple[str, ...]
    find: Find
    doc: str

    @property
    def summary(self) -> str:
        """The first sentence of the page: the fault."""
        return self.doc.strip().split("\n\n")[0].replace("\n", " ")

    @cached_property
    def _sections(self) -> dict[str, str]:
        parts = SECTION.split(self.doc)
        return {title: " ".join(text.split()) for title, text in zip(parts[1::2], parts[2::2], strict=True)}

    @property
    def what(self) -> str:
        """What the rule finds."""
        return self._sections.get(WHAT, "")

    @property
    def why(self) -> str:
        """Why it matters."""
        return self._sections.get(WHY, "")

    @property
    def remedy(self) -> str:
        """What to do."""
        return self._sections.get(REMEDY, "")

    def findings(self, store: Store) -> Iterator[Finding]:
        """The findings with code, name, default severity, explanation and advice filled in."""
        for found in self.find(store):
            yield replace(
                found,
                code=self.code,
                name=self.name,
                severity=found.severity or self.severity,
                explanation=found.explanation or self.why,
                advice=found.advice or self.remedy,
            )


def bounded(findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a rule; where a node has very many, the first ones, and one that counts and dates the others."""
    by_node: dict[str | None, list[Finding]] = {}
    for finding in findings:
        by_node.setdefault(finding.node, []).append(finding)
    kept: list[Finding] = []
    for found in by_node.values():
        ordered = sorted(found, key=lambda one: (one.at is None, one.at or 0.0)) if len(found) > MOST + 1 else found
        kept += ordered if len(found) <= MOST + 1 else [*ordered[:MOST], _rest(ordered[MOST:])]
    return kept


def _rest(more: Sequence[Finding]) -> Finding:
    """One finding for many of a kind, as grave as the gravest of them, with the strongest proof of the first."""
    first, last = more[0], more[-1]
    where, when = f" on {first.node}" if first.node else "", _stretch(first.at, last.at)
    return replace(
        first,
        title=f"{len(more):,} more of this kind{where}{when}: they are counted, not told one by one.",
        until=max((one.until or one.at or 0.0 for one in more), default=0.0) or None,
        nodes=tuple(dict.fromkeys(name for one in more for name in one.nodes)),
        evidence=tuple(dict.fromkeys(proof for one in more for proof in one.evidence[:1]))[:40],
        severity=max((one.severity or "info" for one in more), key=SEVERITIES.index),
        confidence=min(one.confidence for one in more),
    )


def _stretch(first: float | None, last: float | None) -> str:
    if first is None or last is None:
        return ""
    begin, end = (f"{day(at)} " if day(first) != day(last) else "" for at in (first, last))
    return f", from {begin}{clock(first)} to {end}{clock(last)}"


USERS = "pcmklog_user_rules_"  # how the modules of users' rules are called
_registered: dict[str, Rule] = {}


def rule(code: str, name: str, severity: str, reads: Sequence[str] = ()) -> Callable[[Find], Find]:
    """Declares the decorated function as the rule with this code."""
    if severity not in SEVERITIES:
        message = f"rule {code}: {severity!r} is no severity"
        raise ValueError(message)

    def register(find: Find) -> Find:
        page = sys.modules[find.__module__].__doc__ or ""
        known = _registered.get(code)
        if known is not None and known.find.__module__ != find.__module__:
            message = f"The rules in {known.find.__module__} and {find.__module__} both carry the code {code}."
            raise PcmklogError(message)
        _registered[code] = Rule(code, name, severity, tuple(reads), find, page)
        return find

    return register


def rules(folders: Sequence[Path] = ()) -> list[Rule]:
    """All rules in the order of their codes: those of the package `pcmklog.rules`, and those in a user's folders."""
    package = importlib.import_module("pcmklog.rules")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    # What the user gave for another analysis in this process is no rule of this one.
    for code in [code for code, known in _registered.items() if known.find.__module__.startswith(USERS)]:
        del _registered[code]
    for folder in folders:
        _load_folder(folder)
    return [_registered[code] for code in sorted(_registered)]


def chosen(known: Sequence[Rule], select: Sequence[str] = (), ignore: Sequence[str] = ()) -> list[Rule]:
    """The rules whose codes begin with one of `select` (all if there is none) and with none of `ignore`.

    Both are codes or their beginnings (`FEN`, `ORD1`), in lists with commas.  Raises PcmklogError for what no code
    begins with.
    """
    wanted, unwanted = _codes(known, select), _codes(known, ignore)
    return [
        rule for rule in known if (not wanted or rule.code.startswith(wanted)) and not rule.code.startswith(unwanted)
    ]


def _codes(known: Sequence[Rule], lists: Sequence[str]) -> tuple[str, ...]:
    codes = tuple(code.strip().upper() for text in lists for code in text.split(",") if code.strip())
    for code in codes:
        if not any(rule.code.startswith(code) for rule in known):
            message = f"There is no rule {code} and no family of that name; `pcmklog rules list` lists them."
            raise PcmklogError(message)
    return codes


def _load_folder(folder: Path) -> None:
    if not folder.is_dir():
        message = f"The folder of rules {folder} does not exist."
        raise PcmklogError(message)
    for path in sorted(folder.glob("*.py")):
        name = f"{USERS}{path.stem}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            continue
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except PcmklogError:
            raise
        except Exception as error:
            message = f"The rule {path} cannot be loaded: {type(error).__name__}: {error}."
            raise PcmklogError(message) from error
