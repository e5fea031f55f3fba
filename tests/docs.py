"""Writes what is made from the rules: `python -m tests.docs [--count FOLDER...]`, or `make docs`.

docs/rules.md is the page of every rule, docs/faults.md the table of known faults (docs/faults.toml) and what shows each
rule at work.  How many labelled bundles expect a code stands in docs/labelled.json; `--count` takes it anew from the
folders of a corpus, for those are not part of the repository.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pcmklog.rule import REMEDY, WHAT, WHY, Rule, rules

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_logs"
FAULTS = ROOT / "docs/faults.toml"
LABELLED = ROOT / "docs/labelled.json"
FAMILIES = {
    "ORD": "Order of starting and stopping",
    "FRK": "Forking and child processes",
    "VER": "Versions and plugins",
    "MEM": "Membership and messaging",
    "QRM": "Quorum",
    "FEN": "Fencing",
    "CFG": "Configuration",
    "RSC": "Resources, as far as they start or stop a node",
    "CLK": "Clocks",
    "SYS": "The machine underneath",
    "LOG": "What the bundle itself lacks",
}
Fault = Mapping[str, Any]


def pages() -> dict[Path, str]:
    """The text of every generated page by its file."""
    known = rules()
    return {
        ROOT / "docs/rules.md": "\n".join(rules_page(known)),
        ROOT / "docs/faults.md": "\n".join(faults_page(known, faults(), labelled())),
    }


def faults() -> list[Fault]:
    """The catalogue of faults, in the order of its file."""
    entries: list[Fault] = tomllib.loads(FAULTS.read_text("utf-8"))["fault"]
    return entries


def labelled() -> dict[str, dict[str, int]]:
    """How many bundles of each kind expect a code: kind -> code -> bundles."""
    counts: dict[str, dict[str, int]] = json.loads(LABELLED.read_text("utf-8"))
    return counts


def rules_page(known: Iterable[Rule]) -> Iterator[str]:
    """The reference of rules, by family."""
    known = list(known)
    yield from ("<!-- Made by `make docs` from the docstrings of pcmklog/rules: do not edit. -->", "# Rules", "")
    yield from (USE.rstrip(), "")
    for family, title in FAMILIES.items():
        own = [rule for rule in known if rule.code.startswith(family)]
        yield from (f"## {family}: {title}", "", "| code | name | severity | the fault |", "| --- | --- | --- | --- |")
        yield from (f"| [{r.code}](#{r.code.lower()}) | {r.name} | {r.severity} | {r.summary} |" for r in own)
        yield ""
        for rule in own:
            yield from (f"### {rule.code}", "", f"**{rule.name}**, {rule.severity}. {rule.summary}", "")
            yield from _sections(rule)


def _sections(rule: Rule) -> Iterator[str]:
    """The text behind the summary, its headings one level below that of the rule."""
    for heading in (WHAT, WHY, REMEDY):
        after = rule.doc.split(f"## {heading}\n", 1)[1]
        yield from (f"#### {heading}", "", after.split("\n## ", 1)[0].strip(), "")


def faults_page(
    known: Iterable[Rule], catalogue: Iterable[Fault], counts: Mapping[str, Mapping[str, int]]
) -> Iterator[str]:
    """Which rule finds each known fault, and what shows each rule at work."""
    yield from ("<!-- Made by `make docs` from docs/faults.toml: do not edit. -->", "# Faults", "")
    yield "Faults of starts, stops, forks and versions, the rules that find them and samples of them in `sample_logs`."
    yield from ("", "| fault | what happens | found as | samples, or why there is none |", "| --- | --- | --- | --- |")
    for fault in catalogue:
        codes = ", ".join(f"[{code}](rules.md#{code.lower()})" for code in fault["codes"]) or "-"
        shown = [", ".join(f"`{sample}`" for sample in fault.get("samples", ())), fault.get("note", "")]
        yield f"| {fault['id']} | {fault['title']} | {codes} | {'; '.join(filter(None, shown))} |"
    kinds = list(counts)
    yield from (
        "",
        "# Rules at work",
        "",
        "Labelled bundles of our lab and from the public that expect a code, and the",
    )
    yield "samples that are tested to show it. Labelled bundles are not part of the repository."
    yield from ("", f"| code | name | {' | '.join(kinds)} | samples |", f"| --- | --- |{' --- |' * (len(kinds) + 1)}")
    for rule in known:
        bad = sorted(path.name for path in (SAMPLES / rule.code).glob("bad*"))
        numbers = " | ".join(str(counts[kind].get(rule.code, "-")) for kind in kinds)
        yield f"| {rule.code} | {rule.name} | {numbers} | {', '.join(bad)} |"
    yield ""


def count(folders: Iterable[Path]) -> dict[str, dict[str, int]]:
    """Kind -> code -> bundles whose truth expects the code."""
    return {folder.name: dict(sorted(_expected(folder).items())) for folder in folders}


def _expected(folder: Path) -> Counter[str]:
    total: Counter[str] = Counter()
    for truth in folder.rglob("expect.json"):
        codes: set[str] = set()
        for want in json.loads(truth.read_text("utf-8")).get("expect", []):
            codes.update([want["code"]] if isinstance(want["code"], str) else want["code"])
        total.update(codes)
    return total


USE = """
`pcmklog rules list` and `pcmklog rules show ORD101` give the same on the terminal. `pcmklog analyze --select ORD,FRK2`
looks for the named codes or families only, `--ignore CLK,LOG` leaves them out.

Rules of your own live in a folder that `--rules DIR` names: `*.py` with rules, and `*.toml` with messages that the
catalogue lacks. A message that a resource agent of yours writes, and a rule that reports it:

    # site/agents.toml
    [[message]]
    kind     = "site.licence_missing"
    template = "licence for <product:word> not found"
    emitter  = ["appserver"]
    from     = "our own agent"
    sample   = "licence for billing not found"

    # site/lic001_licence_missing.py
    \"\"\"An application had no licence on this node.

    ## What it finds
    What the agent appserver says when it finds no licence.

    ## Why it matters
    The start fails on this node, and the resource moves.

    ## What to do
    Copy the licence to every node that may run the resource.
    \"\"\"

    from pcmklog.model import Finding
    from pcmklog.rule import rule


    @rule("LIC001", "licence-missing", "error", reads=("site.licence_missing",))
    def licence_missing(store):
        for event in store.events("site.licence_missing"):
            yield Finding(
                event.node,
                f"{event.fields['product']} had no licence on {event.node}.",
                at=event.ts,
                evidence=(event.id,),
            )

A template is the text of the message without its header, with `<name>` for any text, `<name:int>` for a number and
`<name:word>` for a word; `emitter` are the programs that say it. Entries of yours come before those of the package.
"""


def main() -> None:
    """Write the pages, with new counts if folders of a corpus are named."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", nargs="+", type=Path, default=[], metavar="FOLDER")
    if folders := options.parse_args().count:
        LABELLED.write_text(json.dumps(count(folders), indent=1) + "\n", "utf-8")
    for path, text in pages().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
