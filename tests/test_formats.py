"""The header formats: each module's docstring shows its lines, and those lines are read by that format."""

import pytest

from pcmklog.parsers import formats
from pcmklog.parsers.lead import LEAD
from pcmklog.parsers.stamps import FACES, bsd, iso


def shown(form):
    _, _, lines = form.__doc__.partition("\n\n")
    return [line.encode() for line in lines.splitlines() if line]


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
    assert len({form.NAME for form in formats()}) == len(formats())
    assert len({form.ORDER for form in formats()}) == len(formats())


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


def test_what_is_no_stamp_is_none():
    assert bsd(b"Foo 02 10:15:01") is None
    assert iso(b"yesterday at ten") is None
