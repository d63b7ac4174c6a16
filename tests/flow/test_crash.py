"""Crash at every step: before every commit and every piece of a request."""

from __future__ import annotations

import pytest

from tests.flow.crash_cases import QUICK_CASES
from tests.flow.crash_stages import filmed_stops, in_memory, stops

# Hundreds of runs: tracing doubles their time, and other tests cover the same lines.
pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize("case", QUICK_CASES, ids=lambda case: case.name)
def test_stopped_before_every_step(case):
    """Nothing is lost or created twice, and the ledger explains every repeated request."""
    made = list(filmed_stops(case))

    assert [stop for stop in made if not stop.is_well] == []
    assert len(made) > 20
    # A case without proof must repeat something, otherwise it tests nothing.
    assert any(stop.findings.sent_again for stop in made) is not case.is_provable


def test_exception_leaves_the_same():
    """A program that an exception ends leaves before each step what a copy of its files has."""
    (case,) = (case for case in QUICK_CASES if case.name == "videos, no look-up")

    assert list(stops(case, in_memory)) == list(filmed_stops(case))
