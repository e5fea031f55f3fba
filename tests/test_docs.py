"""The generated pages are current, and every known fault is found as its file says."""

from __future__ import annotations

import pytest

from pcmklog.rule import rules
from tests import docs

CODES = {rule.code for rule in rules()}
FAULTS = docs.faults()


@pytest.mark.parametrize("path", docs.pages(), ids=lambda path: path.name)
def test_a_generated_page_is_current(path):
    assert path.read_text("utf-8") == docs.pages()[path], "run `make docs`"


def test_every_fault_is_there_once_and_in_order():
    assert [fault["id"] for fault in FAULTS] == [f"F{number:03}" for number in range(1, 108)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["id"])
def test_a_fault_is_found_in_a_sample_or_says_why_not(fault):
    assert set(fault["codes"]) <= CODES
    if not fault["codes"]:
        assert fault["note"]
        return
    samples = [sample.split("/") for sample in fault["samples"]]
    assert all((docs.SAMPLES / code / name).is_dir() and name.startswith("bad") for code, name in samples)
    assert {code for code, _ in samples} & set(fault["codes"])


def test_every_rule_is_in_a_family_of_the_reference():
    assert {code[:3] for code in CODES} == set(docs.FAMILIES)


def test_counts_are_of_codes_that_exist():
    assert {code for counts in docs.labelled().values() for code in counts} <= CODES
