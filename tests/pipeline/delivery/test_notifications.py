"""Notifications are hints: they bring a question forward, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from ld_import.events import Note
from ld_import.pipeline.delivery.notifications import MOST_EARLY, MOST_SILENT, Notifications


@pytest.fixture
def heard():
    """Return what the listener was told."""
    return []


@pytest.fixture
def hints(clock, heard):
    """Return hints that nobody gave yet."""
    return Notifications(clock, heard.append)


def after(clock, seconds, act):
    """Return a task that acts when so much time has passed."""

    async def wait_and_act():
        await clock.sleep(seconds)
        act()

    return asyncio.ensure_future(wait_and_act())


def test_notification_ends_the_wait(hints, clock):
    """Whoever waits for the job of a notification goes on at once."""

    async def story():
        notice = after(clock, 3, lambda: hints.notice("job1"))
        told = await hints.wait("job1", 100)
        await notice
        return told

    assert asyncio.run(story())
    assert clock.elapsed == 3


def test_wait_ends_without_a_notification(hints, clock):
    """A notification of another job changes nothing."""

    async def story():
        notice = after(clock, 3, lambda: hints.notice("job2"))
        told = await hints.wait("job1", 10)
        await notice
        return told

    assert not asyncio.run(story())
    assert clock.elapsed == 10


def test_notification_before_the_answer_is_remembered(hints, clock):
    """It may come before anybody knows the job; then the first question comes at once."""
    hints.notice("job1")

    assert asyncio.run(hints.wait("job1", 100))
    assert clock.elapsed == 0


def test_premature_notifications_are_believed_less_and_less(hints, clock):
    """Any number of them for one job makes for few questions."""

    async def story():
        asked = 0
        while clock.elapsed < 100:
            for _ in range(50):
                hints.notice("job1")
            await hints.wait("job1", 300)
            asked += 1
        return asked

    assert asyncio.run(story()) <= 8


def test_memory_for_early_notifications_is_bounded(hints, clock):
    """Strangers' jobs push each other out, not the program's memory up."""
    hints.notice("first")
    for number in range(MOST_EARLY):
        hints.notice(f"stranger{number}")

    assert not asyncio.run(hints.wait("first", 1))
    assert asyncio.run(hints.wait(f"stranger{MOST_EARLY - 1}", 1))


def test_token_tells_the_job_of_a_request(hints, clock):
    """What a notification says of a request is known by the token in its context."""

    async def story():
        token = hints.expect()
        other = hints.expect()
        notice = after(clock, 2, lambda: hints.notice("job7", token))
        told = await hints.job_of(token, 5)
        again = await hints.job_of(token, 5)
        nothing = await hints.job_of(other, 5)
        await notice
        return told, again, nothing, token != other

    assert asyncio.run(story()) == ("job7", "job7", None, True)


def test_unknown_token_is_nothing(hints):
    """A token nobody expects, or no longer, is ignored."""

    async def story():
        token = hints.expect()
        hints.forget(token)
        hints.notice("job1", token)
        hints.notice("job1", "made-up")
        return hints.expect()

    assert asyncio.run(story())


def test_silence_is_noticed_and_told_once(hints, heard):
    """When jobs end and nobody says so, notifications are no longer relied on."""
    assert hints.wait_seconds(10, 0) > 10
    for _ in range(MOST_SILENT + 2):
        hints.end("job", is_told=False)

    assert hints.wait_seconds(10, 0) is None
    assert [type(one) for one in heard] == [Note]
    hints.end("job", is_told=True)
    assert hints.wait_seconds(10, 0) > 10
