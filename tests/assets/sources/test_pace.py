"""Connections that send next to nothing."""

from __future__ import annotations

import pytest

from ld_import.assets.sources.pace import paced
from ld_import.assets.sources.retry import Transient
from tests.clock import FakeClock


def sent(clock, size, seconds, count=100):
    for _ in range(count):
        clock.advance(seconds)
        yield b"x" * size


def test_slow_host():
    """A byte now and then does not keep a transfer alive."""
    clock = FakeClock()

    with pytest.raises(Transient, match='"a.jpg" cannot be read: it arrives too slowly'):
        list(paced(sent(clock, 100, 20), "a.jpg", clock.monotonic))
    assert clock.elapsed == 60


def test_slow_but_steady_host():
    """A slow line is not a failure."""
    clock = FakeClock()

    assert len(list(paced(sent(clock, 30_000, 20), "a.jpg", clock.monotonic))) == 100


def test_slow_consumer():
    """The time in which the consumer works does not count."""
    clock = FakeClock()

    for _ in paced(sent(clock, 100, 0), "a.jpg", clock.monotonic):
        clock.advance(100)
