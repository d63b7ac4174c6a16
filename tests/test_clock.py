"""The clock of this machine."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from ld_import.clock import SystemClock


def test_now_is_aware():
    """The present time is in UTC and equals the time of the machine."""
    moment = SystemClock().now()

    assert moment.tzinfo is UTC
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)  # noqa: TID251 - to compare


def test_monotonic_never_runs_backwards():
    """Two measurements never give a negative duration."""
    clock = SystemClock()
    first = clock.monotonic()

    assert clock.monotonic() >= first


def test_sleeping_lets_others_run():
    """A sleep of 0 seconds lets other tasks run."""
    order = []

    async def sleeper():
        order.append("sleeps")
        await SystemClock().sleep(0)
        order.append("woke")

    async def other():
        order.append("other")

    async def both():
        async with asyncio.TaskGroup() as group:
            group.create_task(sleeper())
            group.create_task(other())

    asyncio.run(both())

    assert order == ["sleeps", "other", "woke"]
