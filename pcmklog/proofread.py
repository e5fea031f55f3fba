"""Proofreads a catalogue: entries that no line can ever reach, or whose own sample they do not recognise.

The user's entries are proofread when they are loaded, for a mistake in them must be told; those of the package by
its tests, for it would cost every run a second to find nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from pcmklog.catalog import HOLE, Catalog, Template
from pcmklog.model import PcmklogError
from pcmklog.words import ranges

FILLING = {"int": "7", "word": "vip", None: "some text"}


def proofread(catalog: Catalog) -> None:
    """Raises PcmklogError with one sentence for the first thing that is wrong with the user's entries."""
    own = [template for template in catalog.templates if template.user]
    for mistake in mistakes(own, catalog.templates):
        raise PcmklogError(f"the message file {mistake}")


def mistakes(checked: list[Template], all_: tuple[Template, ...]) -> Iterator[str]:
    """What is wrong with `checked` among all templates: `own.toml, entry 2 (some.event) is wrong: ...`."""
    by_literal: dict[bytes, list[Template]] = defaultdict(list)
    for template in all_:
        by_literal[template.literal].append(template)
    for template in checked:
        text = template.sample or HOLE.sub(lambda hole: FILLING[hole[2]], template.text)
        fitting = _fitting(text, by_literal)
        why = _versions(template) or _reach(template, text, fitting)
        if why:
            yield f"{template.where} is wrong: {why}"


def _fitting(text: str, by_literal: dict[bytes, list[Template]]) -> list[Template]:
    """The templates that fit a text, in the order in which they are chosen."""
    raw = text.encode()
    possible = [template for literal, group in by_literal.items() if literal in raw for template in group]
    possible.sort(key=lambda template: (-template.rank, template.id))
    return [t for t in possible if (t.pattern.search(raw) if t.anywhere else t.pattern.match(raw))]


def _reach(template: Template, text: str, fitting: list[Template]) -> str:
    """Why the text of the entry would not be told by the entry; nothing if it would."""
    if template not in fitting:
        return f"the sample {text!r} does not fit its template {template.text!r}"
    rivals = [t for t in fitting if t is not template and t.rank >= template.rank and _shared(t, template)]
    # The user may give a wording of ours another kind: that is how an entry of ours is replaced.
    rivals = [t for t in rivals if t.user == template.user or t.rank > template.rank]
    if not rivals:
        return ""
    rival = rivals[0]
    if HOLE.sub("<>", rival.text) == HOLE.sub("<>", template.text):
        return f"it has the wording {template.text!r}, as {rival.where} has"
    taken = "it is shadowed: its sample" if rival.rank > template.rank else "which of the two is meant is open:"
    return f"{taken} {text!r} also fits {rival.text!r} of {rival.where}"


def _shared(a: Template, b: Template) -> bool:
    """Whether one program may say both; an entry without emitter may be said by any."""
    return not a.emitter or not b.emitter or bool(set(a.emitter) & set(b.emitter))


def _versions(template: Template) -> str:
    """What is wrong with the releases, whose form the loader has checked."""
    if not template.versions:
        return ""
    if not template.product:
        return "it has versions, and no `from` that says whose"
    known = ranges(template.versions)
    rising = all(low <= high for low, high in known) and all(a[1] < b[0] for a, b in pairwise(known))
    return "" if rising else f"the versions {template.versions!r} are not in ascending order"
