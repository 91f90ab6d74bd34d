"""Issuing numbers across processes: 200 documents registered by 8 processes at once get 200
numbers, without gap or repeat, and the register shows each value once."""

import json

import pytest
from clones import needed, on_a_clone

from tools import paths

pytestmark = needed

PROCESSES, EACH = 8, 25
PROGRAM = f"""
import sys
sys.path.insert(0, {str(paths.ROOT)!r})
from tools.benchmarks import _document
_document.numbers(env, {PROCESSES}, {EACH})
"""


@pytest.fixture(scope="module")
def facts():
    with on_a_clone("numbers") as one:
        out = one.script(PROGRAM)
        line = next(line for line in out.splitlines() if line.startswith("FACTS "))
        return json.loads(line.removeprefix("FACTS "))


@pytest.mark.parametrize("way", ["allot", "register"])
def test_every_number_once_and_no_gap(facts, way):
    found = facts[way]
    assert found["processes"] == PROCESSES
    assert (found["numbers"], found["repeats"], found["gaps"]) == (PROCESSES * EACH, 0, 0), found


def test_the_register_shows_every_value_once(facts):
    assert facts["register_values"] == list(range(1, 2 * PROCESSES * EACH + 1))


def test_nobody_had_to_begin_anew_for_a_number(facts):
    assert facts["allot"]["again"] == 0, facts["allot"]
