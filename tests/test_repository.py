"""What holds for the repository as a whole."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.corpus import ROOT

# Words that this file must not hold itself are put together here.
UNFINISHED = ["TO" + "DO", "FIX" + "ME", "X" * 3, "Not" + "ImplementedError", "pragma: no " + "cover"]
SWITCHED_OFF = [f"{owner}.{word}" for owner in ("pytest", "mark") for word in ("ski" + "p", "xf" + "ail")]
REGISTRIES = ["py" + "pi.org", "python" + "hosted", "debian" + ".org", "npm" + "js"]
# Logs name the paths of the machines that they were written on.
SAMPLES = ("sample_logs/", "reports/")
OURS = {".cfg", ".css", ".html", ".j2", ".md", ".py", ".sql", ".toml", ""}
LONGEST_MODULE = 400
LARGEST = 3 << 20


def _tracked() -> list[Path]:
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=False)
        if listed.returncode == 0:
            return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and path.relative_to(ROOT).parts[0] in PLACES]


PLACES = {".ci", "benchmarks", "docs", "pcmklog", "reports", "sample_logs", "tests", "Makefile", "README.md"}
TRACKED = _tracked()
TEXTS = {
    name: path.read_text("utf-8")
    for path in TRACKED
    if path.suffix in OURS and not (name := path.relative_to(ROOT).as_posix()).startswith(SAMPLES)
}


def holding(expression, texts=None):
    search = re.compile(expression).search
    return sorted(name for name, text in (TEXTS if texts is None else texts).items() if search(text))


def test_there_are_files_to_look_at():
    assert {"README.md", "Makefile", "pyproject.toml", "LICENSE", ".ci/run", "pcmklog/model.py"} <= TEXTS.keys()


def test_no_path_of_a_machine_stands_in_a_file():
    here = [re.escape(f"{folder}/") for folder in {ROOT.parent, Path.home()} if len(folder.parts) > 2]
    assert holding("|".join([r"(?<![\w.])/(?:home|Users|work)/[a-z]", *here])) == []


def test_no_registry_is_named():
    assert holding("|".join(map(re.escape, REGISTRIES))) == []


def test_nothing_is_unfinished_or_switched_off():
    code = {name: text for name, text in TEXTS.items() if name.endswith((".py", ".md", ".sql")) or name == "Makefile"}
    assert holding("|".join(rf"\b{re.escape(word)}\b" for word in UNFINISHED + SWITCHED_OFF), code) == []


def test_modules_are_short():
    lines = {name: text.count("\n") for name, text in TEXTS.items() if name.endswith(".py")}
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}


def test_no_file_is_large():
    assert [path.name for path in TRACKED if path.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_make_commands_of_a_page_exist(page):
    targets = set(re.findall(r"^([a-z]+):", TEXTS["Makefile"], re.MULTILINE))
    named = set(re.findall(r"^ *(?:\$ )?make ([a-z]+)|`make ([a-z]+)", TEXTS[page], re.MULTILINE))
    assert named
    assert {first or second for first, second in named} <= targets


@pytest.mark.parametrize("page", [name for name in TEXTS if name.endswith(".md")])
def test_the_links_of_a_page_lead_somewhere(page):
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", TEXTS[page])
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


def test_what_is_made_here_is_ignored():
    ignored = TEXTS[".gitignore"].splitlines()
    assert {"__pycache__/", "/.venv/", "/reports/out/"} <= set(ignored)
    assert [path for path in TRACKED if {"__pycache__", ".venv"} & set(path.parts[len(ROOT.parts) :])] == []


def test_the_wheel_takes_the_data_of_the_package():
    """Hatchling leaves out what `.gitignore` names, so no data of the package may be named there."""
    assert not re.search(r"\.(toml|sql|j2|css|js|html)\b|messages|models|templates|assets", TEXTS[".gitignore"])
