"""Crash at every step, by SIGKILL: real processes and a real socket; only the disk remains."""

from __future__ import annotations

from itertools import count

import pytest

from tests.flow.crash_cases import CASES
from tests.flow.crash_stages import killing, stops

# The others take their time: `python -m tests.flow.crash` plays them all.
PLAYED = ("videos", "media-library")
# Runs by the hundred: tracing their lines takes as long again, and the other tests cover them.
pytestmark = pytest.mark.no_cover


@pytest.fixture(scope="module")
def killed():
    """Return what opens a stage for real processes."""
    with killing() as opener:
        yield opener


@pytest.mark.parametrize("first", [1, 2], ids=["odd", "even"])
@pytest.mark.parametrize("name", PLAYED)
def test_killed_before_every_step(killed, name, first):
    """What an exception may not spoil, a kill may not spoil either."""
    (case,) = (case for case in CASES if case.name == name)

    made = list(stops(case, killed, steps=count(first, 2)))

    assert [stop for stop in made if not stop.is_well] == []
    assert len(made) > 10
