"""Notifications trigger an earlier status request, and have no other effect."""

from __future__ import annotations

import asyncio

import pytest

from ld_import.events import Note
from ld_import.pipeline.delivery.notifications import MOST_EARLY, MOST_SILENT, Notifications


@pytest.fixture
def events():
    """Return the list of events that the listener received."""
    return []


@pytest.fixture
def notifications(clock, events):
    """Return notifications, none received yet."""
    return Notifications(clock, events.append)


def after(clock, seconds, act):
    """Return a task that calls `act` after `seconds`."""

    async def wait_and_act():
        await clock.sleep(seconds)
        act()

    return asyncio.ensure_future(wait_and_act())


def test_notification_ends_the_wait(notifications, clock):
    """A wait for the job of a notification ends at once."""

    async def story():
        notice = after(clock, 3, lambda: notifications.notice("job1"))
        is_notified = await notifications.wait("job1", 100)
        await notice
        return is_notified

    assert asyncio.run(story())
    assert clock.elapsed == 3


def test_wait_ends_without_a_notification(notifications, clock):
    """A notification of another job does not end the wait."""

    async def story():
        notice = after(clock, 3, lambda: notifications.notice("job2"))
        is_notified = await notifications.wait("job1", 10)
        await notice
        return is_notified

    assert not asyncio.run(story())
    assert clock.elapsed == 10


def test_notification_before_the_answer_is_remembered(notifications, clock):
    """It may arrive before the job id is known; then the first status request is immediate."""
    notifications.notice("job1")

    assert asyncio.run(notifications.wait("job1", 100))
    assert clock.elapsed == 0


def test_premature_notifications_are_delayed_more_and_more(notifications, clock):
    """Any number of them for one job causes few status requests."""

    async def story():
        request_count = 0
        while clock.elapsed < 100:
            for _ in range(50):
                notifications.notice("job1")
            await notifications.wait("job1", 300)
            request_count += 1
        return request_count

    assert asyncio.run(story()) <= 8


def test_memory_for_early_notifications_is_bounded(notifications, clock):
    """Notifications of unknown jobs replace each other and do not increase memory use."""
    notifications.notice("first")
    for number in range(MOST_EARLY):
        notifications.notice(f"unknown{number}")

    assert not asyncio.run(notifications.wait("first", 1))
    assert asyncio.run(notifications.wait(f"unknown{MOST_EARLY - 1}", 1))


def test_token_identifies_the_job_of_a_request(notifications, clock):
    """The token in the context of a notification identifies its request."""

    async def story():
        token = notifications.expect()
        other = notifications.expect()
        notice = after(clock, 2, lambda: notifications.notice("job7", token))
        job_id = await notifications.job_of(token, 5)
        again = await notifications.job_of(token, 5)
        other_job_id = await notifications.job_of(other, 5)
        await notice
        return job_id, again, other_job_id, token != other

    assert asyncio.run(story()) == ("job7", "job7", None, True)


def test_unknown_token_is_ignored(notifications):
    """A token that is not expected, or no longer, has no effect."""

    async def story():
        token = notifications.expect()
        notifications.forget(token)
        notifications.notice("job1", token)
        notifications.notice("job1", "made-up")
        return notifications.expect()

    assert asyncio.run(story())


def test_missing_notifications_are_reported_once(notifications, events):
    """After jobs without notifications the run no longer relies on them."""
    assert notifications.wait_seconds(10, 0) > 10
    for _ in range(MOST_SILENT + 2):
        notifications.end("job", is_notified=False)

    assert notifications.wait_seconds(10, 0) is None
    assert [type(event) for event in events] == [Note]
    notifications.end("job", is_notified=True)
    assert notifications.wait_seconds(10, 0) > 10
