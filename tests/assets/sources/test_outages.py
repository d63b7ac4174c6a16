"""Hosts that could not be reached lately."""

from __future__ import annotations

from contextlib import suppress

import pytest

from ld_import.assets.sources.outages import Outages
from ld_import.assets.sources.retry import Transient, Unreachable
from tests.clock import FakeClock


def away():
    raise Unreachable("away")


def busy():
    raise Transient("busy")


def waits_of(outages, host, attempt):
    waits: list[float] = []
    with suppress(Transient):
        outages.retried(host, attempt, waits.append)
    return len(waits)


def test_host_away():
    """A host is asked once until a minute has passed, or until it answers."""
    clock = FakeClock()
    outages = Outages(clock.monotonic)

    assert waits_of(outages, "a", away) == 3
    assert waits_of(outages, "a", away) == 0
    assert waits_of(outages, "b", away) == 3
    clock.advance(60)
    assert waits_of(outages, "a", away) == 3
    assert waits_of(outages, "a", lambda: 1) == 0
    assert waits_of(outages, "a", away) == 3


def test_busy_host():
    """A host that answers is not away."""
    outages = Outages(FakeClock().monotonic)

    assert [waits_of(outages, "a", busy) for _ in range(2)] == [3, 3]


def test_result_and_error():
    """The result of the attempt is returned, and its last error raised."""
    outages = Outages(FakeClock().monotonic)

    assert outages.retried("a", lambda: 7, lambda seconds: None) == 7
    with pytest.raises(Unreachable, match="away"):
        outages.retried("a", away, lambda seconds: None)
