"""Kinds and their holes: what code, SQL and models name is what the catalogue gives."""

import ast
import re
import tomllib
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from pcmklog.catalog import HOLE, KIND, Catalog
from tests.test_rules import KINDS, LITERAL, SQL_KIND, kinds_named_in

PACKAGE = Path(__file__).parent.parent / "pcmklog"
SOURCES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted(PACKAGE.rglob("*.sql"))
MODELS = sorted((PACKAGE / "sequences/models").glob("*.toml"))
HOLE_IN_SQL = re.compile(r"fields\s*->>\s*'([^']+)'")

HOLES: dict[str, set[str]] = defaultdict(set)
for template in Catalog.load().templates:
    HOLES[template.kind] |= {name for name, _ in HOLE.findall(f"{template.text} {template.detail}")}
HOLES["agent.complained"] = {"agent", "rsc"}  # told by the name that the line was logged under


def name(path):
    return str(path.relative_to(PACKAGE))


def plain(kind):
    """Without the `escape '!'` of a `like`."""
    return kind.replace("!_", "_")


def kinds_in(text):
    """The kinds in the conditions of a piece of SQL; `%` of `like` as `*`."""
    conditions = SQL_KIND.findall(text)
    kinds = {kind for part in conditions for kind in LITERAL.findall(part) if "." in kind}
    return {plain(kind.replace("%", "*")) for kind in kinds}


def holes_of(kinds):
    """The holes of the kinds, which may be globs; of all kinds if there are none."""
    exact = kinds & set(HOLES)
    globs = [kind for kind in kinds if "*" in kind]
    exact |= {kind for kind in HOLES if any(fnmatchcase(kind, glob) for glob in globs)}
    return set().union(*(HOLES[kind] for kind in (exact if kinds else HOLES)))


def foreign_holes(text):
    """Holes that a piece of SQL reads and no template of the kinds has that it names (of any kind if it names none)."""
    read = set(HOLE_IN_SQL.findall(text))
    return read - holes_of(kinds_in(text)) if read else read


def unknown(kinds):
    """Kinds, or globs, that fit nothing in the catalogue."""
    return sorted(
        kind for kind in kinds - KINDS if "*" not in kind or not any(fnmatchcase(known, kind) for known in KINDS)
    )


def test_a_kind_is_a_subject_and_what_happened():
    assert sorted(kind for kind in KINDS if not KIND.fullmatch(kind)) == []


def test_no_two_kinds_differ_in_an_ending_only():
    """`node.removed` beside `node.remove`, `child.exit` beside `child.exited`: one of them is a slip."""
    stems = defaultdict(set)
    for kind in KINDS:
        stems[re.sub(r"(?:ed|ing|s|d)$", "", kind)].add(kind)
    twins = sorted(sorted(group) for group in stems.values() if len(group) > 1)
    allowed = [{"ed", "ing"}]  # that something was asked to stop, and that it has
    assert [t for t in twins if {re.search(r"(ed|ing|s|d|)$", kind)[1] for kind in t} not in allowed] == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_kind_and_hole_that_a_module_names_is_in_the_catalogue(path):
    named = {plain(kind) for kind in kinds_named_in(path) if "." in kind}
    assert unknown(named) == []
    texts = [n.value for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant)]
    foreign = set().union(*(foreign_holes(text) for text in texts if isinstance(text, str)))
    assert sorted(foreign) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_every_kind_and_hole_that_a_script_names_is_in_the_catalogue(path):
    text = path.read_text("utf-8")
    assert unknown(kinds_in(text)) == []
    for statement in text.split(";\n"):
        assert sorted(foreign_holes(statement)) == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_hole_that_python_reads_is_in_some_template(path):
    """`event.fields["child"]`, `fields.get("child")`."""
    known = set().union(*HOLES.values())
    read = re.findall(r"\bfields(?:\.get\(|\[)\"([a-z_]+)\"", path.read_text("utf-8"))
    assert sorted(set(read) - known) == []


@pytest.mark.parametrize("path", MODELS, ids=name)
def test_every_step_of_a_model_has_kinds_and_holes_of_the_catalogue(path):
    data = tomllib.loads(path.read_text("utf-8"))
    for step in [*data.get("startup", []), *data.get("shutdown", [])]:
        kinds = set(step.get("kinds", []))
        assert sorted(kinds - KINDS) == []
        assert sorted(set(step.get("field", {})) - holes_of(kinds)) == []
