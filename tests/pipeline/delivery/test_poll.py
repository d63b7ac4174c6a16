"""Polling a job: the times and number of status requests, and the end of polling."""

from __future__ import annotations

import asyncio
from operator import itemgetter

import pytest

from ld_import.emulator import Fault
from ld_import.errors import JobOverdue, UnexpectedAnswer
from ld_import.kinds import KINDS
from ld_import.pipeline.delivery.poll import CEILING_SECONDS, JobPoller, Pace, PollRequest
from ld_import.pipeline.planning.batching import body_of
from tests.makers import SYSTEM, make_batch

VIDEOS = KINDS["videos"]


def follow(emulator, client, clock, *, pace=None, max_wait=3600.0, is_fresh=True):
    """Post a batch and poll its job to the end; return the job and the states reported so far."""
    envelope = VIDEOS.envelope(SYSTEM, webhook=None, context=None)
    states = []

    async def story():
        answer = await client.submit(VIDEOS.path, body_of(make_batch().items, envelope))
        question = PollRequest(
            job_id=answer["id"], overdue_at=clock.monotonic() + max_wait, is_fresh=is_fresh
        )
        poller = JobPoller(VIDEOS, client, clock, pace or Pace())
        return await poller.poll(question, lambda job: states.append(job.state))

    return asyncio.run(story()), states


def test_a_job_is_polled_until_it_is_finished(make_emulator, make_client, clock):
    """A job in state `started` is polled again, at growing intervals."""
    emulator = make_emulator(job_polls=4)

    job, states = follow(emulator, make_client(emulator), clock)

    assert states == ["started"] * 4 + ["success"]
    assert job.finished
    waits = clock.slept[1:]
    assert waits == sorted(waits)


def test_waits_stay_below_the_ceiling(make_emulator, make_client, clock):
    """A job that takes hours is polled every half minute."""
    emulator = make_emulator(job_polls=0, job_seconds=3000)

    follow(emulator, make_client(emulator), clock)

    assert max(clock.slept) == CEILING_SECONDS
    assert emulator.requests["GET import/videos/status"] < 3000 / CEILING_SECONDS + 15


def test_lost_job_ends_polling(make_emulator, make_client, clock):
    """A lost job reports `finished: false` for ever; its state ends the loop."""
    emulator = make_emulator(job_polls=0)
    emulator.script(Fault(on="POST import/videos", action="lose_job"))

    job, _ = follow(emulator, make_client(emulator), clock)

    assert job.is_lost
    assert not job.finished


def test_unknown_state_counts_as_running(make_emulator, make_client, clock):
    """An undocumented state does not end polling."""
    emulator = make_emulator(job_polls=0)
    emulator.script(Fault(on="POST import/videos", action="unknown_state", count=3))

    job, states = follow(emulator, make_client(emulator), clock)

    assert states[:3] == ["queued"] * 3
    assert job.state == "success"


def test_a_job_that_does_not_end_is_overdue(make_emulator, make_client, clock):
    """Polling ends after `--max-wait`, with a last request at that time."""
    emulator = make_emulator(job_polls=0)
    emulator.script(Fault(on="POST import/videos", action="stuck_job"))

    with pytest.raises(JobOverdue, match="started"):
        follow(emulator, make_client(emulator), clock, max_wait=100)

    assert clock.elapsed == pytest.approx(100, abs=0.5)


def test_an_answer_that_is_not_a_job_is_unexpected(make_emulator, make_client, clock):
    """JSON that is not an import job is rejected."""
    emulator = make_emulator()
    emulator.script(
        Fault(on="GET import/videos/status", action="status", status=200, body={"hello": 1})
    )

    with pytest.raises(UnexpectedAnswer):
        follow(emulator, make_client(emulator), clock)


def test_a_job_of_an_earlier_run_is_polled_at_once(make_emulator, make_client, clock):
    """The job may have finished hours ago, so there is no first wait."""
    emulator = make_emulator(job_polls=0)

    follow(emulator, make_client(emulator), clock, is_fresh=False)

    assert clock.slept == []


def test_pace_learns_how_long_jobs_take(make_emulator, make_client, clock):
    """After some jobs of equal length few requests are enough, close to the end of the job."""
    emulator = make_emulator(job_polls=0, job_seconds=20)
    client = make_client(emulator)
    pace = Pace()
    for _ in range(4):
        follow(emulator, client, clock, pace=pace)
    before, request_count = clock.elapsed, emulator.requests["GET import/videos/status"]

    follow(emulator, client, clock, pace=pace)

    assert emulator.requests["GET import/videos/status"] - request_count <= 4
    assert clock.elapsed - before <= 20 * 1.25


@pytest.mark.parametrize(("job_seconds", "late"), [(20.2, 0.7), (19.0, 1.01), (4.0, 2.0)])
def test_first_job_is_expected_as_in_the_last_run(
    make_emulator, make_client, clock, job_seconds, late
):
    """The first job of a run is found at its known end; if it is faster, as without that time."""
    emulator = make_emulator(job_polls=0, job_seconds=job_seconds)

    follow(emulator, make_client(emulator), clock, pace=Pace(known=lambda items: 20.0))

    assert job_seconds <= clock.elapsed <= job_seconds + late
    assert emulator.requests["GET import/videos/status"] <= 15


def test_job_in_flight_profits_from_the_first_that_ends(make_emulator, make_client, clock):
    """Jobs that began with a guess do not wait longer and longer when the time is known."""
    emulator = make_emulator(job_polls=0, job_seconds=20.2)
    pace = Pace()

    sleep = clock.sleep

    async def learning(seconds):
        """Sleep; after 16 seconds another job is found to have taken 20."""
        await sleep(seconds)
        if clock.elapsed >= 16 and pace == Pace():
            pace.learn(20.0, 19.9, relied_seconds=0.1)

    clock.sleep = learning
    follow(emulator, make_client(emulator), clock, pace=pace)

    assert clock.elapsed <= 21
    assert pace.expected_seconds > 19


def test_pace_follows_a_fast_server(make_emulator, make_client, clock):
    """The wait for a server that finishes at once becomes short."""
    emulator = make_emulator(job_polls=0)
    client = make_client(emulator)
    pace = Pace()
    for _ in range(12):
        follow(emulator, client, clock, pace=pace)

    assert clock.slept[-1] < 0.05


@pytest.mark.parametrize("parallel", [1, 2, 8])
def test_pace_keeps_a_busy_server_busy(parallel):
    """The end of jobs of equal length is detected early, with few requests."""
    late, request_count = paced([2.0] * 200, parallel)

    assert late / (200 * 2.0) <= 0.06
    assert request_count / 200 <= 2.5


def test_pace_does_not_overload_with_jobs_of_unequal_length():
    """Even if durations differ widely, each job is polled only a few times."""
    durations = [2.0 if number % 3 else 60.0 for number in range(200)]

    _, request_count = paced(durations, 8)

    assert request_count / 200 <= 5


def test_concurrent_jobs_adjust_the_pace_once():
    """Eight jobs that all finished before their first request lower the estimate only once."""
    single, eight = Pace(10.0), Pace(10.0)
    single.learn(10.0, None, relied_seconds=10.0)
    for _ in range(8):
        eight.learn(10.0, None, relied_seconds=10.0)

    assert eight == single


def test_smaller_job_is_asked_about_earlier():
    """A job with fewer items than the last one takes less time; the next one of its size does not.

    A job that was faster than that lowers the estimate for all sizes.
    """
    pace = Pace()
    pace.learn(10.3, 10.0, relied_seconds=0.1, items=500)
    waits = []
    for items in (500, 400, 50, 500, 1000, 0):
        pace.begin(items)
        waits.append(pace.wait_seconds(0))
    assert waits == pytest.approx([10.0, 8.0, 1.0, 10.0, 10.0, 10.0])
    pace.begin(50)
    pace.learn(1.0, None, relied_seconds=1.0, items=50)
    pace.begin(25)
    assert pace.wait_seconds(0) == pytest.approx(0.48)


def test_larger_job_is_expected_as_its_size_shows():
    """With known times, a larger job is first asked about later, by their ratio."""
    pace = Pace(known=lambda items: 1 + items / 50)
    pace.learn(11.3, 11.0, relied_seconds=0.1, items=500)
    pace.begin(1000)
    assert pace.wait_seconds(0) == pytest.approx(21.0)
    pace.begin(50)
    assert pace.wait_seconds(0) == pytest.approx(2.0)


def test_a_late_status_request_does_not_slow_the_pace():
    """A busy process asks later than it planned to, which shows nothing about the server."""
    pace = Pace(0.01)
    pace.learn(3.0, None, relied_seconds=0.01)
    assert pace.expected_seconds < 0.01


def test_pace_is_bounded_if_jobs_finish_only_when_polled():
    """Jobs that finish with their second request do not increase the estimate again and again."""
    pace = Pace()
    for _ in range(300):
        relied = pace.expected_seconds
        # Each answer takes half a second, which is not part of the duration of the job.
        first = pace.wait_seconds(0)
        second = first + 0.5 + pace.wait_seconds(1)
        pace.learn(second, first, relied_seconds=relied)

    assert pace.expected_seconds <= 0.1


def paced(durations, parallel):
    """Follow rounds of concurrent jobs; return seconds of delay, and the number of requests."""
    pace, late, request_count = Pace(), 0.0, 0
    for start in range(0, len(durations), parallel):
        relied = pace.expected_seconds
        finished = []
        for duration in durations[start : start + parallel]:
            running, seconds, count = None, pace.wait_seconds(0), 1
            while seconds < duration:
                running, seconds = seconds, seconds + pace.wait_seconds(count)
                count += 1
            finished.append((seconds, running))
            late, request_count = late + seconds - duration, request_count + count
        for seconds, running in sorted(finished, key=itemgetter(0)):
            pace.learn(seconds, running, relied_seconds=relied)
    return late, request_count
