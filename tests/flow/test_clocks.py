"""A wrong wall clock, or one set during a run, does not affect durations and quotas."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from ld_import.emulator import Fault
from ld_import.events import Polled, Waiting
from tests.harness.records import names, videos

POST = "POST import/videos"
DAY = 86_400
YEARS = 3650 * DAY
TIMES = (
    "UPDATE run SET started_at = started_at + :s, ended_at = ended_at + :s",
    "UPDATE batch SET created_at = created_at + :s, submitted_at = submitted_at + :s,"
    " settled_at = settled_at + :s",
    "UPDATE item SET first_seen_at = first_seen_at + :s",
)


def shift(program, seconds):
    """Shift all times of the ledger, as if the clock of its run had been ahead."""
    with closing(sqlite3.connect(program.ledger_path)) as db, db:
        for statement in TIMES:
            db.execute(statement, {"s": seconds})


def waits(ended):
    return [event.seconds for event in ended.events if isinstance(event, Waiting)]


@pytest.mark.parametrize("seconds", [10 * DAY, -10 * DAY, YEARS, -YEARS])
def test_clock_set_while_a_job_runs(make_program, clock, seconds):
    """The age of a job of this run is measured on the monotonic clock."""
    program = make_program(job_polls=6)
    program.write(videos(3))
    jumps = [seconds]

    def set_clock(event):
        if isinstance(event, Polled) and jumps:
            clock.jump(jumps.pop())

    ended = program.run(on_event=set_clock)

    assert (ended.exit_code, jumps) == (0, [])
    assert program.emulator.requests[POST] == 1
    program.check_identities(names(3))


@pytest.mark.parametrize("seconds", [10 * DAY, -10 * DAY])
def test_overdue_is_counted_in_seconds_that_passed(make_program, clock, seconds):
    """`--max-wait` neither ends early nor late because the wall clock is set."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(Fault(on=POST, action="stuck_job"))
    jumps = [seconds]

    def set_clock(event):
        if isinstance(event, Polled) and jumps:
            clock.jump(jumps.pop())

    ended = program.run(max_wait=100.0, on_event=set_clock)

    assert ended.exit_code == 8
    assert "after --max-wait" in str(ended.error)
    assert clock.elapsed == pytest.approx(100, abs=1)


def test_one_run_with_a_clock_ahead_abandons_no_job(make_program, clock):
    """A job that an earlier run submitted a minute ago is not sent again because of one jump."""
    program = make_program(job_polls=9)
    program.write(videos(3))
    program.run(no_wait=True)
    clock.jump(10 * DAY)
    jumped = program.run()
    clock.jump(-10 * DAY)
    again = program.run()

    assert (jumped.exit_code, again.exit_code) == (8, 0)
    assert program.emulator.requests[POST] == 1
    program.check_identities(names(3))


def test_a_stuck_job_is_abandoned_by_two_runs_that_agree(make_program, clock):
    """A job is given up after a week, once two runs agree on its age."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(Fault(on=POST, action="stuck_job"))
    program.run(no_wait=True)
    codes = []
    for _ in range(9):
        clock.advance(DAY)
        codes.append(program.run().exit_code)

    assert codes == [8] * 7 + [0, 0]
    program.check_identities(names(3))


def test_a_stuck_job_from_the_future_is_abandoned(make_program, clock):
    """When the clock was ahead, the age of a job is that of the first run after it."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(Fault(on=POST, action="stuck_job"))
    program.run(no_wait=True)
    shift(program, YEARS)
    codes = []
    for _ in range(10):
        clock.advance(DAY)
        codes.append(program.run(max_wait=10.0).exit_code)

    assert codes == [8] * 8 + [0, 0]
    program.check_identities(names(3))


@pytest.mark.parametrize("limit", ["own", "server"])
@pytest.mark.parametrize("wait", [False, True])
def test_clock_was_ahead(make_program, clock, limit, wait):
    """Requests dated in the future are not those of the last 24 hours, and block nothing."""
    program = make_program(job_polls=0, quota=3 if limit == "server" else None)
    options = {"daily_limit": 3} if limit == "own" else {}
    program.write(videos(3))
    assert program.run(**options).exit_code == 0
    shift(program, YEARS)
    clock.advance(DAY + 120)
    program.write(videos(9))

    started = clock.elapsed
    ended = program.run(wait_for_quota=wait, **options)

    assert ended.exit_code == (0 if wait else 7)
    assert clock.elapsed - started <= (DAY + 120 if wait else 60)
    assert max(waits(ended), default=0) <= DAY + 60
    assert len(program.emulator.entries()) == (9 if wait else 6)


@pytest.mark.parametrize("seconds", [10 * DAY, -10 * DAY, YEARS, -YEARS])
def test_clock_set_while_waiting_for_the_allowance(make_program, clock, seconds):
    """However the clock is set, a wait for the allowance is never longer than the window."""
    program = make_program(job_polls=0)
    program.write(videos(6))
    jumps = [seconds]

    def set_clock(event):
        if isinstance(event, Waiting) and jumps:
            clock.jump(jumps.pop())

    ended = program.run(daily_limit=3, wait_for_quota=True, on_event=set_clock)

    assert (ended.exit_code, jumps) == (0, [])
    assert max(waits(ended)) <= DAY + 60
    assert clock.elapsed <= 2 * DAY
    program.check_identities(names(6))
