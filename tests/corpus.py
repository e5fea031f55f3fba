"""Holds reports against labelled bundles: `python -m tests.corpus FOLDER... [--update]`.

A case is a folder with bundles and an `expect.json`, which says what a true report has to find, what it may find and
what it must not.  A corpus is a folder of kinds (`historic`, `modern` ...), each a folder of cases.

The figures that were reached stand in `corpus_floor.json`, case by case with a digest of the truth, so that a figure is
only ever compared over cases that are still what they were.  `--update` takes the figures of this run as the new floor
of a kind, unless one of them would fall.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FLOOR = Path(__file__).with_name("corpus_floor.json")
FAMILIES = ("ORD", "FRK", "VER")
GRAVE = frozenset({"critical", "error", "warning"})
AT_ONCE = 2
LONGEST_S = 300
SLACK_S = 5.0
CLOCK_SLACK_S = 0.25

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Score:
    """How one report stands against its truth, or many taken together; `family` counts ORD, FRK and VER only."""

    truth: str = ""
    expected: int = 0
    found: int = 0
    proved: int = 0
    family_expected: int = 0
    family_found: int = 0
    unlisted: int = 0
    forbidden: int = 0
    wrong: int = 0
    remarks: tuple[str, ...] = field(default=(), compare=False)

    def figures(self) -> dict[str, float]:
        """What may only rise; what counts mistakes is negative."""
        claimed = self.found + self.unlisted + self.forbidden
        return {
            "recall": _part(self.found, self.expected),
            "family recall": _part(self.family_found, self.family_expected),
            "proof": _part(self.proved, self.expected),
            "precision": _part(self.found, claimed),
            "forbidden": -self.forbidden,
            "wrong": -self.wrong,
        }


COUNTS = tuple(f.name for f in fields(Score) if f.type == "int")


def _part(some: int, whole: int) -> float:
    return round(some / whole, 4) if whole else 1.0


def total(scores: Iterable[Score]) -> Score:
    """The scores of many cases as one."""
    rows = [asdict(score) for score in scores]
    return Score(**{name: sum(row[name] for row in rows) for name in COUNTS})


# ---------------------------------------------------------------------- a report against its truth


def judge(report: Json, truth: Json) -> Score:
    """Hold a report against the truth of its bundle."""
    findings, wanted = report["findings"], truth.get("expect", [])
    hits = [[found for found in findings if is_it(want, found)] for want in wanted]
    family = [_of_family(want) for want in wanted]
    missed = [
        f"missed {_codes(want)}@{want.get('node')}" for want, those in zip(wanted, hits, strict=True) if not those
    ]
    unlisted, forbidden, wrong = _unlisted(findings, truth), _forbidden(findings, truth), [*_wrong(report, truth)]
    return Score(
        expected=len(wanted),
        found=sum(map(bool, hits)),
        proved=sum(any(proves(want, found) for found in those) for want, those in zip(wanted, hits, strict=True)),
        family_expected=sum(family),
        family_found=sum(bool(those) for those, counts in zip(hits, family, strict=True) if counts),
        unlisted=len(unlisted),
        forbidden=len(forbidden),
        wrong=len(wrong),
        remarks=(*missed, *(f"unlisted {n}" for n in unlisted), *(f"forbidden {n}" for n in forbidden), *wrong),
    )


def no_report(truth: Json, reason: str) -> Score:
    """The score of a case that could not be analysed: everything was missed, and that is a mistake too."""
    wanted = truth.get("expect", [])
    return Score(expected=len(wanted), family_expected=sum(map(_of_family, wanted)), wrong=1, remarks=(reason,))


def is_it(want: Json, found: Json) -> bool:
    """Whether a finding is the expected one: its code, and the node and moment where the truth names them."""
    if found["code"] not in _codes(want):
        return False
    node = want.get("node")
    if node and node not in (found.get("node"), *(found.get("nodes") or ())):
        return False
    moment = want.get("at")
    if moment is None:
        return True
    began, ended = _seconds(found.get("at")), _seconds(found.get("until"))
    slack = want.get("within_s", SLACK_S)
    return began is not None and began - slack <= moment <= (began if ended is None else ended) + slack


def proves(want: Json, found: Json) -> bool:
    """Whether the evidence holds one of the lines that the truth names; it may name none."""
    places = want.get("lines") or []
    return not places or any(
        proof["line"] == number and proof["file"].endswith(suffix)
        for proof in found["evidence"]
        for suffix, number in places
    )


def _codes(want: Json) -> list[str]:
    code = want["code"]
    return [code] if isinstance(code, str) else list(code)


def _of_family(want: Json) -> bool:
    return _codes(want)[0].startswith(FAMILIES)


def _seconds(text: str | None) -> float | None:
    return None if text is None else datetime.fromisoformat(text).timestamp()


def _names(found: Json) -> tuple[str, str]:
    return found["code"], f"{found['code']}@{found.get('node')}"


def _unlisted(findings: Sequence[Json], truth: Json) -> list[str]:
    listed = {code for want in truth.get("expect", []) for code in _codes(want)}.union(truth.get("allow", []))
    grave = [_names(found) for found in findings if found["severity"] in GRAVE]
    return sorted({at_node for code, at_node in grave if not listed & {code, at_node}})


def _forbidden(findings: Sequence[Json], truth: Json) -> list[str]:
    barred = set(truth.get("forbid", []))
    return sorted({at_node for code, at_node in map(_names, findings) if barred & {code, at_node}})


def _wrong(report: Json, truth: Json) -> Iterator[str]:
    nodes = {node["name"]: node for node in report["nodes"]}
    for name, stack in (truth.get("stack") or {}).items():
        got = nodes.get(name, {}).get("stack")
        if got != stack:
            yield f"stack of {name} is {got}, not {stack}"
    yield from _wrong_clocks(nodes, truth)
    parsed = report["bundle"].get("parsed") or 0
    if parsed < truth.get("parsed_lines", 0):
        yield f"parsed {parsed} lines of {truth['parsed_lines']}"
    if unseen := sorted(set(truth.get("hosts", [])) - set(nodes)):
        yield f"not seen: {', '.join(unseen)}"
    if truth.get("root_cause"):
        first = next(iter(report["verdict"]["root_causes"]), None)
        code = next((found["code"] for found in report["findings"] if found["id"] == first), None)
        if code not in _codes({"code": truth["root_cause"]}):
            yield f"root cause is {code}, not {truth['root_cause']}"


def _wrong_clocks(nodes: Mapping[str, Json], truth: Json) -> Iterator[str]:
    wanted = truth.get("offset_s") or {}
    ahead = {name: (node.get("clock") or {}).get("offset_s") for name, node in nodes.items()}
    base = truth.get("reference") or next((name for name in nodes if name not in wanted), None)
    zero = ahead.get(base) if base else None
    for name, offset in wanted.items():
        here = ahead.get(name)
        against = None if here is None or zero is None else here - zero
        if against is None or abs(against - (offset - wanted.get(base, 0.0))) > CLOCK_SLACK_S:
            yield f"clock of {name} is {against} ahead of {base}, not {offset}"


# ---------------------------------------------------------------------- running the cases


def kinds(folder: Path) -> list[Path]:
    """The folders that hold cases: this one if it does, else those in it."""
    if any(folder.glob("*/expect.json")):
        return [folder]
    return sorted(kind for kind in folder.iterdir() if any(kind.glob("*/expect.json")))


def run(kind: Path) -> dict[str, Score]:
    """Analyse all cases of a kind, each in a process of its own, and give their scores by name."""
    cases = sorted(path.parent for path in kind.glob("*/expect.json"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {case.name: score for case, score in zip(cases, pool.map(_run, cases), strict=True)}


def _run(case: Path) -> Score:
    raw = (case / "expect.json").read_bytes()
    truth = json.loads(raw)
    bundles = truth["bundle"] if isinstance(truth["bundle"], list) else [truth["bundle"]]
    score = _analysed([str(case / name) for name in bundles], truth)
    return Score(**{**asdict(score), "truth": hashlib.sha256(raw).hexdigest()[:12]})


def _analysed(bundles: Sequence[str], truth: Json) -> Score:
    command = [sys.executable, "-m", "pcmklog", "analyze", *bundles, "--format", "json", "--output", "-"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return no_report(truth, f"not done after {LONGEST_S} s")
    if done.returncode not in (0, 1):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return no_report(truth, f"exit status {done.returncode}: {said[-1] if said else 'no word'}")
    return judge(json.loads(done.stdout), truth)


# ---------------------------------------------------------------------- the floor

Floor = dict[str, dict[str, Score]]


def load_floor(path: Path = FLOOR) -> Floor:
    """The figures that were reached: kind -> case -> score."""
    kinds_of = json.loads(path.read_text("utf-8"))
    return {kind: {case: Score(**row) for case, row in rows.items()} for kind, rows in kinds_of.items()}


def save_floor(floor: Floor, path: Path = FLOOR) -> None:
    """Write the floor, one case a line."""
    blocks = []
    for kind, scores in sorted(floor.items()):
        rows = (f"    {json.dumps(case)}: {json.dumps(_row(score))}" for case, score in sorted(scores.items()))
        blocks.append(f"  {json.dumps(kind)}: {{\n" + ",\n".join(rows) + "\n  }")
    path.write_text("{\n" + ",\n".join(blocks) + "\n}\n", "utf-8")


def _row(score: Score) -> dict[str, Any]:
    return {"truth": score.truth, **{name: n for name in COUNTS if (n := getattr(score, name))}}


def fallen(now: Mapping[str, Score], floor: Mapping[str, Score]) -> list[str]:
    """The figures below their floor, over the cases that both know and whose truth did not change."""
    same = [case for case in now if case in floor and floor[case].truth == now[case].truth]
    here = total(now[case] for case in same).figures()
    there = total(floor[case] for case in same).figures()
    return [f"{name} {here[name]:g} < {there[name]:g}" for name in here if here[name] < there[name]]


# ---------------------------------------------------------------------- the command


def table(kind: str, scores: Mapping[str, Score]) -> str:
    """The cases that are not clean, then the figures."""
    whole = total(scores.values())
    lines = [f"  {case}: {'; '.join(score.remarks)}" for case, score in scores.items() if score.remarks]
    figures = ", ".join(f"{name} {abs(value):g}" for name, value in whole.figures().items())
    return "\n".join([f"{kind}: {len(scores)} cases, {len(scores) - len(lines)} clean, {figures}", *lines])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of each kind; with `--update`, raise the floor to them."""
    options = argparse.ArgumentParser(prog="python -m tests.corpus", description="Score labelled bundles.")
    options.add_argument("folders", nargs="*", type=Path, help="a corpus, or some of its kinds", metavar="FOLDER")
    options.add_argument("--update", action="store_true", help="take the figures as the new floor where none falls")
    chosen = options.parse_args(arguments)
    floor, status = load_floor(), 0
    folders = chosen.folders or [corpus_folder() or options.error("name the folder of the labelled bundles")]
    for kind in (kind for folder in folders for kind in kinds(folder)):
        now = run(kind)
        lost = fallen(now, floor.get(kind.name, {}))
        print(table(kind.name, now), *(f"  BELOW THE FLOOR: {figure}" for figure in lost), sep="\n", flush=True)
        if lost:
            status = 1
        elif chosen.update:
            floor[kind.name] = now
            save_floor(floor)
    return status


def corpus_folder() -> Path | None:
    """Where the labelled bundles are: PCMKLOG_CORPUS, or a folder `shared` beside the repository; None without them."""
    named = os.environ.get("PCMKLOG_CORPUS")
    folder = Path(named) if named else ROOT.parent / "shared" / "corpus"
    return folder.resolve() if folder.is_dir() else None


if __name__ == "__main__":
    sys.exit(main())
