"""Crash at every step, by an exception: the program ends between any two traces it leaves."""

from __future__ import annotations

import pytest

from tests.flow.crash_cases import QUICK_CASES
from tests.flow.crash_stages import in_memory, stops

# Runs by the hundred: tracing their lines takes as long again, and the other tests cover them.
pytestmark = pytest.mark.no_cover


@pytest.mark.parametrize("case", QUICK_CASES, ids=lambda case: case.name)
def test_stopped_before_every_step(case):
    """Nothing is lost or made twice, and a request is repeated only where the ledger says so."""
    made = list(stops(case, in_memory))

    assert [stop for stop in made if not stop.is_well] == []
    assert len(made) > 20
    # A case that can prove nothing and repeats nothing would not test what it is for.
    assert any(stop.findings.sent_again for stop in made) is not case.is_provable
