"""Crash at every step, by SIGKILL to a real process over a real socket."""

from __future__ import annotations

from itertools import count

import pytest

from tests.flow.crash_cases import CASES
from tests.flow.crash_stages import killing, stops

# The others take long: `python -m tests.flow.crash` plays all of them.
PLAYED = ("videos", "media-library")
# Each test plays every fourth step, so that workers can share them.
EVERY = 4
# Hundreds of runs: tracing doubles their time, and other tests cover the same lines.
pytestmark = pytest.mark.no_cover


@pytest.fixture(scope="module")
def killed(starter):
    """Return a function that opens a stage with real processes."""
    with killing(starter) as opener:
        yield opener


@pytest.mark.parametrize("first", range(1, EVERY + 1))
@pytest.mark.parametrize("name", PLAYED)
def test_killed_before_every_step(killed, name, first):
    """The invariants of an exception hold for a kill, too."""
    (case,) = (case for case in CASES if case.name == name)

    made = list(stops(case, killed, steps=count(first, EVERY)))

    assert [stop for stop in made if not stop.is_well] == []
    assert len(made) > 5
