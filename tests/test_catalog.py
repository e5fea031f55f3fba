"""The catalogue of messages, and that a mistake in a user's entry is told where it stands."""

import pytest

from pcmklog.catalog import HOLE, Catalog
from pcmklog.model import PcmklogError
from pcmklog.proofread import mistakes, proofread

CATALOG = Catalog.load()
SHOWN = [template for template in CATALOG.templates if template.sample]


def entry(template, **more):
    lines = [f"{name} = '''{value}'''" for name, value in {"kind": "some.event", "template": template, **more}.items()]
    return "\n".join(["[[message]]", *lines])


@pytest.fixture
def own(tmp_path):
    """The catalogue with the given text as a file of the user."""

    def load(text):
        (tmp_path / "own.toml").write_text(text)
        return Catalog.load([tmp_path])

    return load


def test_every_sample_is_recognised_as_what_it_shows():
    wrong = []
    for template in SHOWN:
        raw = template.sample.encode()
        fits = template.pattern.search(raw) if template.anywhere else template.pattern.fullmatch(raw)
        found = CATALOG.find(template.sample, template.emitter[0] if template.emitter else "")
        if not fits or not found or found[0].kind != template.kind:
            wrong.append((template.kind, template.sample, found and found[0].kind))
    assert wrong == []


def test_what_the_scanner_tries_first_holds_wherever_a_template_fits():
    """It gives up a line without the key behind the literal, or whose text from there on is another."""
    wrong = []
    for template in SHOWN:
        raw = template.sample.encode()
        at = raw.find(template.literal)
        if template.key not in raw[at:] or not template.tail.match(raw, at):
            wrong.append((template.kind, template.sample, template.key))
    assert wrong == []


def test_every_wording_of_ours_is_reached_by_what_it_says():
    """No entry is shadowed by another, none is there twice, and releases are in order."""
    assert list(mistakes(list(CATALOG.templates), CATALOG.templates)) == []


def test_every_kind_has_a_sample():
    assert sorted(CATALOG.kinds - {template.kind for template in SHOWN}) == []


def test_literals_are_the_longest_there_are():
    """A short one makes the scanner look at lines in vain."""
    assert [template.text for template in CATALOG.templates if len(template.literal) < 4] == []
    assert sum(len(template.literal) < 6 for template in CATALOG.templates) < 20


def test_a_hole_has_the_same_name_in_all_wordings_of_a_kind():
    """A rule reads a field by its name: `status` must not be `rc` in another release."""
    foreign = {"uname", "signo", "exitcode", "exit_code", "error", "error_str"}
    names = {(template.kind, name) for template in CATALOG.templates for name, _ in HOLE.findall(template.text)}
    assert [(kind, name) for kind, name in sorted(names) if name in foreign] == []


@pytest.mark.parametrize(
    ("message", "kind", "fields"),
    [
        ("Forked child 2143 for process cib", "child.forked", {"pid": "2143", "child": "cib"}),
        (
            "A new membership (1.2c) was formed. Members joined: 2 3 left: 4",
            "totem.membership_formed",
            {"ring": "1.2c", "joined": "2 3", "left": "4"},
        ),
        ("A new membership (1.2c) was formed. Members", "totem.membership_formed", {"ring": "1.2c"}),
        (
            "Starting Pacemaker 2.1.5 | build=a3f44794f94 features:agent-manpages",
            "pacemakerd.started",
            {"version": "2.1.5", "build": "a3f44794f94", "features": "agent-manpages"},
        ),
        ("Starting Pacemaker 2.1.5 ", "pacemakerd.started", {"version": "2.1.5"}),
        ("Corosync wants to shut down: optional", "pacemaker.shutdown_asked", {"how": "optional"}),
    ],
)
def test_holes_are_fields(message, kind, fields):
    template, values = CATALOG.find(message) or pytest.fail("not found")
    assert (template.kind, values) == (kind, fields)


@pytest.mark.parametrize("rest", ["", ".", " ", "\r", ". \r", "#015", " | for the detail log only"])
def test_what_follows_a_message_is_no_part_of_it(own, rest):
    _, fields = own(entry("The thing broke because of <reason>")).find(f"The thing broke because of rust{rest}")
    assert fields == {"reason": "rust"}


@pytest.mark.parametrize("gap", [" ", "  ", "\t", "#011", " \t "])
def test_a_blank_is_any_run_of_blanks(own, gap):
    assert own(entry("Stop <child:word> peculiarly")).find(f"Stop{gap}vip{gap}peculiarly")[1] == {"child": "vip"}


@pytest.mark.parametrize(
    ("hole", "text", "fits"),
    [("int", "12", True), ("int", "-1", True), ("int", "twelve", False), ("word", "a.b", True), ("word", "a b", False)],
)
def test_a_typed_hole_takes_its_type_only(own, hole, text, fits):
    assert (own(entry(f"Peculiar <value:{hole}> thing")).find(f"Peculiar {text} thing") is not None) == fits


def test_a_message_that_goes_on_is_another_message(own):
    assert own(entry("The thing broke peculiarly")).find("The thing broke peculiarly and then burned") is None


def test_anywhere_finds_a_template_inside_a_message(own):
    text = entry("peculiar thing <name:word> broke") + "\nanywhere = true"
    assert own(text).find("see: peculiar thing x1 broke, again")[1] == {"name": "x1"}


def test_wordings_share_kind_and_detail(own):
    catalog = own(entry("Peculiar thing <name>", detail="id=<id:word>") + '\nalso = ["Odd, very odd: <name>"]')
    template, fields = catalog.find("Odd, very odd: stone | id=7 more")
    assert (template.kind, fields) == ("some.event", {"name": "stone", "id": "7"})


def test_the_more_specific_template_is_meant(own):
    text = "\n".join([entry("Peculiar <name>"), entry("Peculiar thing <name>", kind="other.event")])
    assert own(text).find("Peculiar thing x")[0].kind == "other.event"


def test_entries_of_the_user_go_before_ours(own):
    catalog = own(entry("Forked child <pid:int> for process <child>"))
    assert catalog.find("Forked child 1 for process cib")[0].kind == "some.event"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[message]\n", "own.toml cannot be read"),
        ("message = 3\n", "own.toml may hold"),
        ("[other]\n", "own.toml may hold"),
        (entry("A fine thing") + "\n" + entry("<text>"), "own.toml, entry 2 .some.event. is wrong: no literal text"),
        (entry("A thing <a> and <a>"), "two holes of one name"),
        (entry("A thing", kind="nonsense"), "own.toml, entry 1 .nonsense. is wrong: the kind 'nonsense'"),
        (entry("A thing", level="loud"), "unknown level 'loud'"),
        (entry("A thing", colour="red"), "unknown key 'colour'"),
        ("[[message]]\nkind = 'a.b'\n", "no template"),
        ("[[message]]\nkind = 'a.b'\ntemplate = 3\n", "template is a text"),
        (entry("A thing") + "\nalso = 'x'\n", "also is a list of texts"),
        (entry("A thing") + "\nemitter = [3]\n", "emitter is a list of texts"),
        (entry("A thing") + "\nanywhere = 1\n", "anywhere is true or false"),
        (entry("A thing", versions="1.1.7+"), "versions '1.1.7.' is not of the form"),
        (entry("A thing", versions="1.1.7-1.1.9,"), "is not of the form"),
    ],
)
def test_a_broken_file_is_told_with_file_and_entry(own, text, why):
    with pytest.raises(PcmklogError, match=why):
        own(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            entry("A peculiar thing") + "\n" + entry("A peculiar thing", kind="other.event"),
            "entry 1 .some.event. is wrong: it has the wording 'A peculiar thing', as own.toml, entry 2 .other",
        ),
        (entry("A peculiar <thing>", sample="Another text"), "the sample 'Another text' does not fit its template"),
        (
            entry("Forked child <text>", sample="Forked child 2143 for process cib"),
            "it is shadowed: its sample .* also fits 'Forked child <pid:int> for .*' of children.toml",
        ),
        (
            entry("Odd pec <a>", sample="Odd pec peca") + "\n" + entry("Odd <a> peca", kind="other.event"),
            "which of the two is meant is open",
        ),
        (entry("A peculiar thing", versions="1.1.9-1.1.7") + "\nfrom = 'pacemaker x.c'", "not in ascending order"),
        (entry("A peculiar thing", versions="1.1.7, 1.1.7") + "\nfrom = 'pacemaker x.c'", "not in ascending order"),
        (entry("A peculiar thing", versions="1.1.7"), "versions, and no `from` that says whose"),
    ],
)
def test_an_entry_that_no_line_would_reach_is_told(own, text, why):
    with pytest.raises(PcmklogError, match=f"the message file .*{why}"):
        proofread(own(text))


def test_wordings_of_different_programs_may_be_the_same(own):
    emitters = ["\nemitter = ['attrd']", "\nemitter = ['crmd']"]
    proofread(
        own(
            "\n".join(
                entry("A peculiar thing", kind=kind) + e for kind, e in zip(("a.said", "b.said"), emitters, strict=True)
            )
        )
    )


def test_an_entry_of_the_user_may_replace_one_of_ours(own):
    proofread(own(entry("Forked child <pid:int> for process <child:word>")))
