"""Asking for a job: when, how often, and when to give up."""

from __future__ import annotations

import asyncio

import pytest

from ld_import.emulator import Fault
from ld_import.errors import JobOverdue, UnexpectedAnswer
from ld_import.kinds import KINDS
from ld_import.pipeline.delivery.poll import CEILING_SECONDS, JobPoller, Pace, PollRequest
from ld_import.pipeline.planning.batching import body_of
from tests.makers import SYSTEM, make_batch

VIDEOS = KINDS["videos"]


def follow(emulator, client, clock, *, pace=None, max_wait=3600.0, is_fresh=True):
    """Post a batch and poll its job to the end; return the job and the states told on the way."""
    envelope = VIDEOS.envelope(SYSTEM, webhook=None, context=None)
    told = []

    async def story():
        answer = await client.submit(VIDEOS.path, body_of(make_batch().items, envelope))
        question = PollRequest(
            job_id=answer["id"], overdue_at=clock.monotonic() + max_wait, is_fresh=is_fresh
        )
        poller = JobPoller(VIDEOS, client, clock, pace or Pace())
        return await poller.poll(question, lambda job: told.append(job.state))

    return asyncio.run(story()), told


def test_a_job_is_asked_until_it_is_finished(make_emulator, make_client, clock):
    """`started` means asking again, later each time."""
    emulator = make_emulator(job_polls=4)

    job, told = follow(emulator, make_client(emulator), clock)

    assert told == ["started"] * 4 + ["success"]
    assert job.finished
    waits = clock.slept[1:]
    assert waits == sorted(waits)


def test_waits_stay_below_the_ceiling(make_emulator, make_client, clock):
    """A job that takes hours is asked for every half minute."""
    emulator = make_emulator(job_polls=0, job_seconds=3000)

    follow(emulator, make_client(emulator), clock)

    assert max(clock.slept) == CEILING_SECONDS
    assert emulator.requests["GET import/videos/status"] < 3000 / CEILING_SECONDS + 15


def test_lost_ends_the_asking(make_emulator, make_client, clock):
    """A lost job says `finished: false` for ever; its state ends the loop."""
    emulator = make_emulator(job_polls=0)
    emulator.script(Fault(on="POST import/videos", action="lose_job"))

    job, _ = follow(emulator, make_client(emulator), clock)

    assert job.is_lost
    assert not job.finished


def test_unknown_state_counts_as_running(make_emulator, make_client, clock):
    """A word that is not documented is no end."""
    emulator = make_emulator(job_polls=0)
    emulator.script(Fault(on="POST import/videos", action="unknown_state", count=3))

    job, told = follow(emulator, make_client(emulator), clock)

    assert told[:3] == ["queued"] * 3
    assert job.state == "success"


def test_a_job_that_does_not_end_is_overdue(make_emulator, make_client, clock):
    """After `--max-wait` the asking ends, once more at the very end."""
    emulator = make_emulator(job_polls=0)
    emulator.script(Fault(on="POST import/videos", action="stuck_job"))

    with pytest.raises(JobOverdue, match="started"):
        follow(emulator, make_client(emulator), clock, max_wait=100)

    assert clock.elapsed == pytest.approx(100, abs=0.5)


def test_an_answer_that_is_none_is_unexpected(make_emulator, make_client, clock):
    """JSON that is not an import job is not taken for one."""
    emulator = make_emulator()
    emulator.script(
        Fault(on="GET import/videos/status", action="status", status=200, body={"hello": 1})
    )

    with pytest.raises(UnexpectedAnswer):
        follow(emulator, make_client(emulator), clock)


def test_a_job_of_an_earlier_run_is_asked_at_once(make_emulator, make_client, clock):
    """Nobody waits for a job that may have been done for hours."""
    emulator = make_emulator(job_polls=0)

    follow(emulator, make_client(emulator), clock, is_fresh=False)

    assert clock.slept == []


def test_pace_learns_how_long_jobs_take(make_emulator, make_client, clock):
    """After some jobs of equal length one or two questions are enough, and close to the end."""
    emulator = make_emulator(job_polls=0, job_seconds=20)
    client = make_client(emulator)
    pace = Pace()
    for _ in range(4):
        follow(emulator, client, clock, pace=pace)
    before, asked = clock.elapsed, emulator.requests["GET import/videos/status"]

    follow(emulator, client, clock, pace=pace)

    assert emulator.requests["GET import/videos/status"] - asked <= 4
    assert clock.elapsed - before <= 20 * 1.25


def test_pace_follows_a_fast_server(make_emulator, make_client, clock):
    """A server that is done at once is soon asked at once."""
    emulator = make_emulator(job_polls=0)
    client = make_client(emulator)
    pace = Pace()
    for _ in range(12):
        follow(emulator, client, clock, pace=pace)

    assert clock.slept[-1] < 0.05


@pytest.mark.parametrize("parallel", [1, 2, 8])
def test_pace_keeps_a_busy_server_busy(parallel):
    """Jobs of equal length are found finished soon after their end, by few questions."""
    late, asked = paced([2.0] * 200, parallel)

    assert late / (200 * 2.0) <= 0.06
    assert asked / 200 <= 2.5


def test_pace_does_not_pester_jobs_of_unequal_length():
    """However much jobs differ, they are asked a few times each."""
    durations = [2.0 if number % 3 else 60.0 for number in range(200)]

    _, asked = paced(durations, 8)

    assert asked / 200 <= 5


def test_jobs_that_run_side_by_side_teach_once():
    """Eight that were all done when first asked are one reason to ask earlier, not eight."""
    one, eight = Pace(10.0), Pace(10.0)
    one.learn(10.0, None, relied_seconds=10.0)
    for _ in range(8):
        eight.learn(10.0, None, relied_seconds=10.0)

    assert eight == one


def test_pace_does_not_rely_on_a_server_that_waits_for_questions():
    """Jobs that are done whenever they were asked for twice are not asked later and later."""
    pace = Pace()
    for _ in range(300):
        relied = pace.expected_seconds
        # Each answer takes half a second, which is no part of the job.
        first = pace.wait_seconds(0)
        second = first + 0.5 + pace.wait_seconds(1)
        pace.learn(second, first, relied_seconds=relied)

    assert pace.expected_seconds <= 0.1


def paced(durations, parallel):
    """Follow jobs that all run at once in rounds; return seconds of lateness, and questions."""
    pace, late, asked = Pace(), 0.0, 0
    for start in range(0, len(durations), parallel):
        relied = pace.expected_seconds
        found = []
        for duration in durations[start : start + parallel]:
            running, seconds, count = None, pace.wait_seconds(0), 1
            while seconds < duration:
                running, seconds = seconds, seconds + pace.wait_seconds(count)
                count += 1
            found.append((seconds, running))
            late, asked = late + seconds - duration, asked + count
        for seconds, running in sorted(found, key=lambda one: one[0]):
            pace.learn(seconds, running, relied_seconds=relied)
    return late, asked
