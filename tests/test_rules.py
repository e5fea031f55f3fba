"""Every rule over its samples, its page, and the kinds of events that it names; written once for all rules."""

import ast
import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from pcmklog import analyze
from pcmklog.catalog import Catalog
from pcmklog.model import SEVERITIES
from pcmklog.rule import REMEDY, WHAT, WHY, rules
from pcmklog.store import Store

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "sample_logs"
RULES = {rule.code: rule for rule in rules()}
KINDS = Catalog.load().kinds | {"log.unexplained", "agent.complained"}
SOURCES = sorted((ROOT / "pcmklog/rules").glob("*.py"))
FAULTY = sorted(f"{path.parent.name}/{path.name}" for path in SAMPLES.glob("*/bad*"))
INNOCENT = sorted(
    f"{path.parent.name}/{path.name}" for pattern in ("good", "innocent") for path in SAMPLES.glob(f"*/{pattern}*")
)
SQL_KIND = re.compile(r"\bkind\s*(?:=|<>|!=|(?:not\s+)?(?:i?like|in))\s*(\([^()]*\)|'[^']*')")
LITERAL = re.compile(r"'([^']*)'")
NAMES = {
    "ORD101": "messaging-stopped-under-pacemaker",
    "ORD102": "messaging-shutdown-refused",
    "ORD103": "pacemaker-without-messaging",
    "ORD104": "pacemaker-never-started",
    "ORD105": "daemon-start-out-of-order",
    "ORD106": "daemon-stop-out-of-order",
    "ORD107": "startup-incomplete",
    "ORD108": "shutdown-stalled",
    "ORD109": "unclean-stop",
    "ORD110": "double-start",
    "ORD111": "restart-overlap",
    "ORD112": "cman-daemon-order",
    "ORD113": "start-blocked-by-dependency",
    "ORD114": "election-loop",
    "FRK201": "fork-failed",
    "FRK202": "exec-failed",
    "FRK203": "child-killed-by-signal",
    "FRK204": "child-exited",
    "FRK205": "respawn-loop",
    "FRK206": "fork-inside-corosync",
    "FRK207": "orphaned-daemons",
    "FRK208": "child-killed-in-shutdown",
    "FRK209": "child-unresponsive",
    "FRK210": "child-disabled",
    "VER301": "plugin-v0-in-use",
    "VER302": "plugin-ver-differs",
    "VER303": "plugin-ver-vs-start-mode",
    "VER304": "stack-differs",
    "VER305": "pacemaker-version-differs",
    "VER306": "feature-set-refused",
    "VER307": "corosync-version-differs",
    "VER308": "plugin-load-failed",
    "VER309": "plugin-unsupported",
    "VER310": "schema-differs",
    "VER311": "binary-upgraded-under-running",
    "VER312": "feature-set-mixed",
    "VER313": "plugin-not-configured",
    "VER314": "stack-deprecated",
}


class Seen(NamedTuple):
    """What a rule finds in a sample: how many lines prove each finding, and which kinds of events are in the sample."""

    proofs: tuple[int, ...]
    kinds: frozenset[str]


@cache
def seen(code, sample):
    store = Store()
    analyze.load([SAMPLES / code / sample], store)
    found = list(RULES[code].findings(store))
    proofs = tuple(sum(len(store.evidence(proof, f.node)) for proof in f.evidence) for f in found)
    return Seen(proofs, frozenset(row.kind for row in store.rows("select distinct kind from event")))


@pytest.fixture(params=RULES.values(), ids=lambda rule: f"{rule.code}-{rule.name}")
def rule(request):
    return request.param


def test_has_a_bad_and_a_good_sample(rule):
    assert f"{rule.code}/bad" in FAULTY
    assert f"{rule.code}/good" in INNOCENT


@pytest.mark.parametrize("sample", FAULTY)
def test_finds_the_bad_sample(sample):
    """`bad` is the fault as it is seen most, `bad-<variant>` another face of it: a release, a stack, a daemon."""
    assert any(seen(*sample.split("/")).proofs), f"nothing is found, or nothing is proved, in {sample}"


def test_the_good_sample_shows_what_the_rule_reads(rule):
    """Else it would pass because nothing was parsed.  A rule without kinds looks at the bundle itself."""
    kinds = seen(rule.code, "good").kinds
    assert kinds & set(rule.reads) or not rule.reads


@pytest.mark.parametrize("sample", INNOCENT)
def test_passes_the_good_and_the_innocent_sample(sample):
    found = seen(*sample.split("/"))
    assert found.proofs == ()
    assert found.kinds or sample.startswith("LOG")


def test_has_a_page_with_a_sentence_and_three_sections(rule):
    assert rule.summary.endswith(".")
    assert "\n" not in rule.doc.strip().split("\n\n")[0]
    assert re.findall(r"^## (.+)$", rule.doc, re.MULTILINE) == [WHAT, WHY, REMEDY]
    assert rule.what
    assert rule.why
    assert rule.remedy


def test_says_what_it_reads_in_kinds_of_the_catalogue(rule):
    assert sorted(set(rule.reads) - KINDS) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_kind_in_a_source_is_in_the_catalogue(path):
    unknown = {kind for kind in kinds_named_in(path) if not any(fnmatchcase(known, kind) for known in KINDS)}
    assert sorted(unknown) == []


def test_module_and_code_go_together(rule):
    name = f"{rule.code.lower()}_{rule.name.replace('-', '_')}"
    assert rule.find.__module__ == f"pcmklog.rules.{name}"
    assert rule.severity in SEVERITIES


def test_codes_and_names_are_those_of_the_list():
    assert {code: rule.name for code, rule in RULES.items() if code[:3] in ("ORD", "FRK", "VER")} == NAMES


def test_no_name_is_used_twice():
    names = [rule.name for rule in RULES.values()]
    assert sorted(names) == sorted(set(names))


def test_every_sample_belongs_to_a_rule():
    folders = {path.name for path in SAMPLES.iterdir() if re.fullmatch(r"[A-Z]{3}\d{3}", path.name)}
    assert sorted(folders - set(RULES)) == []


def kinds_named_in(path):
    """The kinds in conditions of SQL, in calls of `events`, and in comparisons with `.kind`."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for condition in SQL_KIND.findall(node.value):
                yield from (kind.replace("%", "*") for kind in LITERAL.findall(condition) if "." in kind)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "events":
            for argument in node.args:
                yield from texts(argument, constants)
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "kind":
            for compared in node.comparators:
                yield from texts(compared, constants)


def texts(node, constants):
    """The strings of an expression, names of the module looked up."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Starred):
        yield from texts(node.value, constants)
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        for item in node.elts:
            yield from texts(item, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from texts(constants[node.id], {})


def test_rules_of_the_user_are_those_of_one_analysis(tmp_path):
    (tmp_path / "own.py").write_text(
        '"""Own."""\nfrom pcmklog.rule import rule\n\n\n'
        "@rule('ZZZ998', 'own', 'info')\ndef own(store):\n    return iter(())\n"
    )
    assert "ZZZ998" in {known.code for known in rules([tmp_path])}
    assert "ZZZ998" not in {known.code for known in rules()}
