"""The quota of 24 hours: days of work on a fake clock, at most one wasted request a day."""

from __future__ import annotations

from collections import Counter

import pytest

from ld_import.emulator import Fault
from ld_import.errors import QuotaReached
from ld_import.events import Declined, Waiting
from tests.harness.records import names, videos

POST = "POST import/videos"
DAY = 86_400


class Diary:
    """A listener that records when requests were refused for the quota, and the waits."""

    def __init__(self, clock):
        """Read the time by `clock`."""
        self._clock = clock
        self.refused_at = []
        self.waits = []

    def __call__(self, event):
        """Record an event."""
        if isinstance(event, Declined) and "429" in event.reason:
            self.refused_at.append(self._clock.elapsed)
        if isinstance(event, Waiting):
            self.waits.append(event.seconds)

    def most_in_a_day(self):
        """Return the largest number of refusals in 24 hours."""
        return max(
            (sum(start <= at < start + DAY for at in self.refused_at) for start in self.refused_at),
            default=0,
        )


# Tracing doubles its time, and other tests cover the same lines.
@pytest.mark.no_cover
@pytest.mark.parametrize("parallel", [1, 2, 4])
@pytest.mark.parametrize("as_array", [False, True], ids=["object", "array"])
def test_three_days_in_one_run(make_program, clock, parallel, as_array):
    """With `--wait-for-quota` 280 items under 100 a day arrive in three days, none twice."""
    program = make_program(job_polls=0, quota=100, quota_as_array=as_array)
    program.write(videos(280))
    diary = Diary(clock)

    ended = program.run(batch_size=30, parallel=parallel, wait_for_quota=True, on_event=diary)

    assert ended.exit_code == 0
    program.check_identities(names(280))
    assert 2 * DAY <= clock.elapsed < 2 * DAY + 3600
    assert diary.most_in_a_day() == 1
    assert len(diary.refused_at) <= 3


@pytest.mark.parametrize("parallel", [1, 3])
def test_three_nights_of_cron(make_program, clock, parallel):
    """The same command every night: 7, 7, 0; each night costs one refused request at the most."""
    program = make_program(job_polls=0, quota=100)
    program.write(videos(280))
    diary = Diary(clock)
    codes, sent = [], []
    for night in range(3):
        clock.elapsed = max(clock.elapsed, night * (DAY + 60.0))
        ended = program.run(batch_size=30, parallel=parallel, on_event=diary)
        codes.append(ended.exit_code)
        sent.append(ended.tally.sent)

    assert codes == [7, 7, 0]
    assert sent == [100, 100, 80]
    assert diary.most_in_a_day() == 1
    program.check_identities(names(280))


def test_ninety_nine_of_a_hundred_used(make_program):
    """If one of ten items fits the quota, one is sent; the error says how many wait, until when."""
    program = make_program(job_polls=0, quota=100)
    program.write(videos(99))
    program.run(batch_size=100)
    program.write(videos(109))

    ended = program.run(batch_size=100)

    assert (ended.exit_code, ended.tally.outcomes["success"], ended.tally.not_sent) == (7, 1, 9)
    assert isinstance(ended.error, QuotaReached)
    assert "9 waiting; run the same command again from 2026-11-22 01:01 UTC" in ended.error.hint


def test_what_others_upload_is_counted_too(make_program, clock):
    """Uploads of others, known from the server's figures, count towards the quota."""
    program = make_program(job_polls=0, quota=100)
    other = make_program(program.emulator)
    other.write([{**one, "id": f"other-{one['id']}"} for one in videos(60)])
    other.run(batch_size=60)
    program.write(videos(90))
    diary = Diary(clock)

    ended = program.run(batch_size=30, on_event=diary)

    assert (ended.exit_code, ended.tally.outcomes["success"]) == (7, 40)
    assert len(diary.refused_at) == 1


def test_crash_while_waiting_for_quota(make_program, clock):
    """After a crash during the wait for quota, the next run continues."""
    program = make_program(job_polls=0, quota=50)
    program.write(videos(120))

    stopped = program.run(batch_size=20, wait_for_quota=True, stop_after=3600.0)
    again = program.run(batch_size=20, wait_for_quota=True)

    assert (stopped.exit_code, again.exit_code) == (143, 0)
    program.check_identities(names(120))


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "30"}])
def test_throttling_is_no_quota(make_program, clock, headers):
    """A 429 of a proxy is retried after seconds, without cutting the batch."""
    program = make_program(job_polls=0)
    program.write(videos(30))
    program.emulator.script(
        Fault(on=POST, action="status", status=429, body="slow down", headers=headers, times=2)
    )

    ended = program.run(batch_size=30)

    assert ended.exit_code == 0
    assert clock.elapsed < 120
    assert program.emulator.requests[POST] == 3


def test_waiting_can_be_watched(make_program, clock):
    """The wait for quota is reported with its duration."""
    program = make_program(job_polls=0, quota=10)
    program.write(videos(20))
    diary = Diary(clock)

    program.run(batch_size=10, wait_for_quota=True, on_event=diary)

    assert Counter(round(seconds / 3600) for seconds in diary.waits) == {24: 1}


def test_daily_limit_holds_when_requests_are_repeated(make_program):
    """Items sent twice count twice towards the daily limit."""
    program = make_program(job_polls=0)
    program.write(videos(20))
    program.emulator.script(Fault(on=POST, action="fail_job", external_id="v3", times=99))

    ended = program.run(batch_size=8, daily_limit=12, parallel=2)
    program.emulator.recover()

    assert ended.exit_code == 7
    attempts = sum(len(program.history(name)) for name in program.states())
    assert attempts <= 12
