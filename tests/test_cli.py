"""What the command line promises, whatever the bundle."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pty
import re
import resource
import subprocess
import sys
import termios
import textwrap
from pathlib import Path

import pytest

import pcmklog

SAMPLES = Path(__file__).parent.parent / "sample_logs"
HEAVY = ("pandas", "plotly", "duckdb", "numpy", "pyparsing", "jinja2", "hyperscan", "PIL")
HELP_IN_PROCESS = f"""
import sys
sys.argv = ["pcmklog", "--help"]
from pcmklog.cli import main
try:
    main()
except SystemExit as end:
    print(end.code, *(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""

# Its evidence is nothing that the report could show.
BROKEN_RULE = """'Fails.'
from pcmklog.model import Finding
from pcmklog.rule import rule


@rule("ZZZ999", "fails", "info")
def fails(store):
    yield Finding("node1", "It failed.", evidence=(1 / 3j,))
"""


def one_line(text):
    assert text.count("\n") == 1
    assert text.startswith("pcmklog: error: ")
    return text


def test_help_lists_the_commands(run):
    done = run("--help")
    assert done.returncode == 0
    assert {"analyze", "rules"} <= {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert done.stderr == ""


def test_help_of_analyze_names_its_options_and_exit_status(run):
    text = run("analyze", "--help").stdout
    for word in (
        "--format",
        "--output",
        "--database",
        "--rules",
        "--messages",
        "--select",
        "--ignore",
        "--open",
        "--jobs",
        "--quiet",
        "Exit status",
    ):
        assert word in text


@pytest.mark.parametrize("command", ["analyze", "timeline", "lines"])
def test_every_command_that_reads_bundles_takes_what_is_known_of_them(run, command):
    text = run(command, "--help").stdout
    for word in ("--rules", "--messages", "--year", "--tz", "--offset", "--jobs", "--quiet", "--debug"):
        assert word in text


def test_lines_are_shown_in_the_zone_that_is_given(run, tmp_path):
    log = tmp_path / "corosync.log"
    log.write_text("Jun  1 10:00:00 node1 pacemakerd[48]:   notice: Starting Pacemaker 1.1.24\n")
    done = run("lines", log, "--year", "2012", "--tz", "+02:00", "--jobs", "1")
    assert done.stdout.startswith("2012-06-01T08:00:00")


@pytest.mark.parametrize("command", [("analyze", "-o", "-", "-f", "json"), ("lines",)], ids=lambda words: words[0])
def test_the_number_of_processes_changes_nothing(run, command):
    bundle = SAMPLES / "bundles/corosync3-healthy.tar.gz"
    one, three = (run(command[0], bundle, *command[1:], "--jobs", jobs) for jobs in (1, 3))
    assert one.stdout == three.stdout != ""
    assert run("lines", bundle, "--jobs", "-1").returncode == 2


def test_the_page_is_opened_in_the_browser_of_the_user(run, tmp_path):
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    browser.chmod(0o755)
    command = ("analyze", SAMPLES / "ORD101/bad", "--output", tmp_path / "out", "--format", "json", "--open")
    done = run(*command, env=os.environ | {"BROWSER": f"{browser} %s"})
    assert done.returncode == 1
    assert done.stderr == ""
    assert seen.read_text().strip() == (tmp_path / "out/bad.html").as_uri()
    none = run(*command, env={"PATH": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(SAMPLES.parent)})
    assert none.returncode == 1
    assert none.stderr == f"pcmklog: There is no browser to be found here: open {tmp_path / 'out/bad.html'} yourself.\n"
    assert run("analyze", SAMPLES / "ORD101/bad", "--open", "--output", "-").returncode == 2


def test_the_summary_fits_into_a_narrow_terminal_and_has_no_colour_in_a_pipe(run):
    done = run("analyze", SAMPLES / "ORD101/bad", "--output", "-")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_terminals_that_want_it(more, coloured):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (40, 70))
    command = [sys.executable, "-m", "pcmklog", "analyze", str(SAMPLES / "ORD101/bad"), "--output", "-", "--quiet"]
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen(command, stdout=theirs, env=environment | {"TERM": "xterm"} | more):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # what Linux says at the end
            while part := os.read(ours, 65536):
                shown += part
    os.close(ours)
    said = shown.decode()
    assert ("\x1b[" in said) == coloured
    assert max(len(re.sub("\x1b\\[[0-9;]*m", "", line)) for line in said.splitlines()) in (69, 70)


def test_help_imports_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", HELP_IN_PROCESS], capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["0"]


def test_help_comes_at_once(run):
    def seconds():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(4)) < 0.15


def test_version_is_the_package_version(run):
    assert run("--version").stdout == f"pcmklog {pcmklog.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["analyze"], ["analyze", "--nonsense", "x"], ["analyze", "x", "--format", "pdf"], ["rules"]],
    ids=" ".join,
)
def test_bad_usage_is_one_line_and_exit_2(run, arguments):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    one_line(done.stderr)


def test_a_missing_file_is_one_line_and_exit_2(run, tmp_path):
    done = run("analyze", tmp_path / "nothing.tar.gz", "--output", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing.tar.gz" in one_line(done.stderr)
    assert not (tmp_path / "out").exists()


def test_standard_output_takes_one_format_only(run, tmp_path):
    done = run("analyze", tmp_path, "--output", "-", "--format", "json", "--format", "md")
    assert (done.returncode, done.stdout) == (2, "")
    one_line(done.stderr)


def test_a_database_that_is_there_is_not_overwritten(run, tmp_path):
    kept = tmp_path / "kept.duckdb"
    kept.write_bytes(b"mine")
    done = run("analyze", tmp_path, "--database", kept)
    assert done.returncode == 2
    assert str(kept) in one_line(done.stderr)
    assert kept.read_bytes() == b"mine"


def test_every_rule_is_listed_and_has_a_page(run):
    listed = run("rules", "list")
    assert listed.returncode == 0
    codes = [line.split()[0] for line in listed.stdout.splitlines()]
    assert codes == sorted(set(codes))
    page = run("rules", "show", codes[0].lower())
    assert page.returncode == 0
    assert page.stdout.startswith(f"{codes[0]} ")
    assert "## What to do" in page.stdout


def test_an_unknown_rule_is_one_line_and_exit_2(run):
    done = run("rules", "show", "ORD999")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ORD999" in one_line(done.stderr)


def test_a_reader_that_has_seen_enough_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "pcmklog", "rules", "list"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("pcmk-1.tar.bz2", "pcmk-1"),
        ("report.2016-05-04.tgz", "report.2016-05-04"),
        ("corosync.log", "corosync"),
        ("messages", "messages"),
        (".tar", ".tar"),
    ],
)
def test_reports_are_named_after_the_bundle(tmp_path, name, stem):
    from pcmklog.cli import _stem  # noqa: PLC0415 - the name alone, without an analysis

    assert _stem(tmp_path / name) == stem


def test_an_unexpected_error_is_a_sentence_and_with_debug_a_traceback(run, tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "fails.py").write_text(BROKEN_RULE)
    log = tmp_path / "corosync.log"
    log.write_text(
        "Jun 01 10:00:00 corosync [MAIN  ] Corosync Cluster Engine ('1.4.7'): started and ready to provide service.\n"
    )
    command = ("analyze", log, "--rules", tmp_path / "rules", "--output", "-")
    plain, debug = run(*command), run(*command, "--debug")
    assert plain.returncode == 2
    assert "This is a fault of pcmklog" in one_line(plain.stderr)
    assert debug.returncode != 0
    assert "Traceback" in debug.stderr


def test_messages_of_the_user_are_read_and_a_wrong_one_is_told(run, tmp_path):
    (tmp_path / "own").mkdir()
    log = tmp_path / "corosync.log"
    log.write_text("Jun 01 10:00:00 corosync [MAIN  ] A peculiar thing: rust\n" * 3)
    file = tmp_path / "own" / "own.toml"
    file.write_text("[[message]]\nkind = 'thing.rusted'\ntemplate = 'A peculiar thing: <what>'\n")
    command = ("analyze", log, "--messages", tmp_path / "own", "--format", "json", "--output", "-")
    assert json.loads(run(*command).stdout)["bundle"]["classified"] == 3
    file.write_text(file.read_text() + "versions = '1.x'\n")
    wrong = run(*command)
    assert wrong.returncode == 2
    assert "own.toml, entry 1 (thing.rusted) is wrong" in one_line(wrong.stderr)
    missing = run(*command[:3], tmp_path / "none")
    assert missing.returncode == 2
    assert "does not exist" in one_line(missing.stderr)


def codes(done):
    return {finding["code"] for finding in json.loads(done.stdout)["findings"]}


def test_rules_are_selected_and_ignored_by_code_and_family(run):
    sample = ("analyze", SAMPLES / "ORD101/bad", "--format", "json", "--output", "-")
    everything = codes(run(*sample))
    assert "ORD101" in everything
    assert len({code[:3] for code in everything}) > 1
    assert codes(run(*sample, "--select", "ord1,QRM")) == {code for code in everything if code[:4] in ("ORD1", "QRM5")}
    assert codes(run(*sample, "--ignore", "ORD", "--ignore", "FRK204")) == {
        code for code in everything if code[:3] != "ORD" and code != "FRK204"
    }
    assert codes(run(*sample, "--select", "ORD101", "--ignore", "ORD101")) == set()


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_a_code_that_no_rule_has_is_one_line_and_exit_2(run, option):
    done = run("analyze", SAMPLES / "ORD101/bad", option, "ORD101,ORD9", "--output", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ORD9" in one_line(done.stderr)


def test_a_folder_of_the_user_brings_a_message_and_the_rule_that_reads_it(run, tmp_path):
    """The example of docs/rules.md, as it stands there."""
    page = (SAMPLES.parent / "docs/rules.md").read_text("utf-8")
    parts = re.split(r"^    # site/(\S+)\n", page.split("\n## ")[0], flags=re.MULTILINE)
    (tmp_path / "site").mkdir()
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        lines = itertools.takewhile(lambda line: not line.strip() or line.startswith("    "), text.split("\n"))
        (tmp_path / "site" / name).write_text(textwrap.dedent("\n".join(lines)))
    log = tmp_path / "messages"
    log.write_text(
        "Nov 22 10:00:00 node1 pacemakerd[48]:   notice: Starting Pacemaker 1.1.24\n"
        "Nov 22 10:00:05 node1 appserver[99]: licence for billing not found\n"
    )
    done = run("analyze", log, "--rules", tmp_path / "site", "--select", "LIC", "--format", "json", "--output", "-")
    (found,) = json.loads(done.stdout)["findings"]
    assert (found["code"], found["node"]) == ("LIC001", "node1")
    assert [evidence["line"] for evidence in found["evidence"]] == [2]
    assert "LIC001" in run("rules", "list", "--rules", tmp_path / "site").stdout
