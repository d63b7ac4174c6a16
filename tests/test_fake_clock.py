"""The clock of the tests: sleepers wake in the order of their times, once all others wait."""

from __future__ import annotations

import asyncio

import pytest

from tests.clock import TURNS, FakeClock


def woken(*tasks):
    """Return the names that the tasks append, in their order, and the clock after them."""
    clock = FakeClock()
    names: list[object] = []

    async def all_tasks():
        await asyncio.gather(*(task(clock, names.append) for task in tasks))

    asyncio.run(all_tasks())
    return names, clock


def sleeper(name, *waits):
    async def sleep(clock, note):
        for seconds in waits:
            await clock.sleep(seconds)
            note((name, clock.monotonic()))

    return sleep


def test_sleepers_wake_in_the_order_of_their_times():
    """A sleeper wakes at its time, those of the same time in the order in which they slept."""
    names, clock = woken(sleeper("a", 5, 1), sleeper("b", 2, 3), sleeper("c", 5))

    assert names == [("b", 2), ("a", 5), ("c", 5), ("b", 5), ("a", 6)]
    assert sorted(clock.slept) == [1, 2, 3, 5, 5]


def test_time_passes_only_when_all_others_wait():
    """A task that works in many turns ends before the next sleeper wakes."""

    async def work(clock, note):
        await clock.sleep(1)
        for _ in range(TURNS - 10):
            await clock.checkpoint()
        note(("worked", clock.monotonic()))

    names, _ = woken(sleeper("later", 2), work)

    assert names == [("worked", 1), ("later", 2)]


def test_a_task_that_waits_by_giving_turns():
    """It sees the time pass, since it would wait forever otherwise."""

    async def poll(clock, note):
        while clock.monotonic() < 3:
            await clock.checkpoint()
        note("saw")

    names, _ = woken(sleeper("slept", 3), poll)

    assert names == [("slept", 3), "saw"]


def test_a_cancelled_sleeper_delays_nobody():
    """Its time does not pass."""

    async def cancel(clock, note):
        task = asyncio.ensure_future(clock.sleep(100))
        await clock.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await clock.sleep(1)
        note(clock.monotonic())

    names, _ = woken(cancel)

    assert names == [2]


def test_one_clock_in_two_loops():
    """A clock continues in the event loop of the next run."""
    clock = FakeClock()

    for _ in range(2):
        asyncio.run(clock.sleep(5))

    assert clock.monotonic() == 10
