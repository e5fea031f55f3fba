"""The header formats: each module's docstring shows its lines, and those lines are read by that format.

`sample_logs/formats/<name>/` has what each format reads as; `python -m tests.formats` writes it anew.
"""

import pytest

from pcmklog.blocks import plain
from pcmklog.parsers import formats, readable, rewriters, tidiers
from pcmklog.parsers.lead import LEAD
from pcmklog.parsers.stamps import FACES, bsd, ctime, iso, unix
from tests.formats import SAMPLES, expected, logs, reading


def shown(form):
    _, _, lines = form.__doc__.partition("\n\n")
    return [line.encode() for line in lines.splitlines() if line]


NAMES = [*(m.NAME for m in formats()), *(m.NAME for m in rewriters()), *(m.NAME for m in tidiers())]


@pytest.fixture(params=formats(), ids=lambda form: form.NAME)
def form(request):
    return request.param


def first_format(line):
    return next((other.NAME for other in formats() if other.HEADER.match(line)), None)


def test_lines_of_the_docstring_are_read_by_their_format(form):
    assert shown(form)
    assert [first_format(line) for line in shown(form)] == [form.NAME] * len(shown(form))


def test_a_stamp_that_a_header_finds_can_be_read(form):
    for line in shown(form):
        match = form.HEADER.match(line)
        if text := match.groupdict().get("ts"):
            assert FACES[form.STAMP](text) is not None


def test_names_and_order_are_unique():
    assert len(NAMES) == len(set(NAMES))
    assert len({form.ORDER for form in formats()}) == len(formats())
    assert len({rewriter.ORDER for rewriter in rewriters()}) == len(rewriters())


def test_every_format_has_a_sample_and_every_sample_a_format():
    assert {folder.name for folder in SAMPLES.iterdir()} == set(NAMES)


@pytest.mark.parametrize("log", logs(), ids=lambda log: f"{log.parent.name}/{log.name}")
def test_a_sample_reads_as_expected(log):
    assert reading(log) == expected(log).read_text("utf-8")


def test_every_expected_reading_belongs_to_a_log():
    assert {expected(log) for log in logs()} == set(SAMPLES.glob("*/*.expected.tsv"))


@pytest.mark.parametrize("log", logs(), ids=lambda log: f"{log.parent.name}/{log.name}")
def test_lines_keep_their_numbers_and_their_raw_text(log):
    data = log.read_bytes().removesuffix(b"\n") + b"\n"
    pairs = list(readable([data], plain))
    assert b"".join(raw for raw, _, _ in pairs) == data
    assert [text.count(b"\n") for _, text, _ in pairs] == [raw.count(b"\n") for raw, _, _ in pairs]


@pytest.mark.parametrize("rewriter", rewriters(), ids=lambda rewriter: rewriter.NAME)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_record_may_straddle_blocks(rewriter, size):
    for log in sorted(path for path in logs() if path.parent.name == rewriter.NAME):
        lines = log.read_bytes().splitlines(keepends=True)
        blocks = [b"".join(lines[at : at + size]) for at in range(0, len(lines), size)]
        whole = b"".join(rewriter.rewrite(iter([b"".join(lines)])))
        assert b"".join(rewriter.rewrite(iter(blocks))) == whole
        assert rewriter.wants(plain(b"".join(lines)))


def test_the_usual_logs_need_no_rewriter():
    usual = [log for log in logs() if log.parent.name in {form.NAME for form in formats()}]
    assert [log for log in usual if any(layout for _, _, layout in readable([log.read_bytes()], plain))] == []


def test_no_line_is_of_two_formats():
    """The format that fitted last is tried first, so the order may not decide."""
    doubtful = []
    for log in logs():
        for _, text, _ in readable([log.read_bytes() + b"\n"], plain):
            for line in text.split(b"\n"):
                found = [form.HEADER.match(line) for form in formats()]
                says = {(f.end(), f.groupdict().get("host"), f.groupdict().get("prog")) for f in found if f}
                if len(says) > 1:
                    doubtful.append((line, [f.NAME for f, hit in zip(formats(), found, strict=True) if hit]))
    assert doubtful == []


@pytest.mark.parametrize(
    ("text", "subsystem", "level", "message"),
    [
        (b"   [TOTEM ] A processor failed", b"TOTEM", None, b"A processor failed"),
        (b" [MAIN  ] main.c:main:1787 Completed", b"MAIN", None, b"Completed"),
        (b" [pcmk  ] info: spawn_child: Forked child", b"pcmk", b"info", b"Forked child"),
        (b" [pcmk  ] process_ais_conf info: process_ais_conf: Enabling", b"pcmk", b"info", b"Enabling"),
        (b" [pcmk  ] plugin.c:pcmk_shutdown:1054 notice: pcmk_shutdown: Shuting", b"pcmk", b"notice", b"Shuting"),
        (b" info: do_state_transition: State transition", None, b"info", b"State transition"),
        (b"  notice: Starting Pacemaker 2.1.5", None, b"notice", b"Starting Pacemaker 2.1.5"),
        (b"       pcmk:   notice: servant_pcmk: Monitoring", None, b"notice", b"Monitoring"),
        (b" [12345.678901] Out of memory", None, None, b"Out of memory"),
        (b" fenced 3.1.8 started", None, None, b"fenced 3.1.8 started"),
    ],
)
def test_what_stands_before_a_message_is_taken_off(text, subsystem, level, message):
    lead = LEAD.match(text)
    assert (lead["subsys"], lead["sev"], text[lead.end() :]) == (subsystem, level, message)


def test_days_are_padded_with_a_blank_or_a_zero():
    assert bsd(b"Nov  2 10:15:01") == bsd(b"Nov 02 10:15:01")


def test_fractions_and_zones_are_read():
    stamp = iso(b"2026-11-02T10:15:01.250000+01:30")
    assert (stamp.year, stamp.seconds, stamp.offset, stamp.digits) == (2026, 10 * 3600 + 15 * 60 + 1.25, 5400, 6)
    assert iso(b"2026-11-02T10:15:01-0500").offset == -18000
    assert iso(b"2010/11/02_10:15:01").offset is None


def test_zones_are_read_by_offset_or_by_a_name_that_means_one():
    assert [iso(b"2026-11-02 10:15:01 " + zone).offset for zone in (b"CET", b"-03", b"+0530", b"IST")] == [
        3600,
        -10800,
        19800,
        None,
    ]


def test_seconds_since_1970_and_the_stamps_of_the_kernel_are_read():
    assert unix(b"1793610901.25") == iso(b"2026-11-02T09:15:01.25Z")
    assert ctime(b"Nov  2 10:15:01 2026") == iso(b"2026-11-02 10:15:01")
    assert ctime(b"Nov  2 10:15:01") == bsd(b"Nov  2 10:15:01")


def test_what_is_no_stamp_is_none():
    assert bsd(b"Foo 02 10:15:01") is None
    assert iso(b"yesterday at ten") is None
