"""Faults of the server: which are retried, which end the run, and with which exit code."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault, Token
from ld_import.errors import UsageError
from tests.harness.records import names, videos

# Whole programs, whose lines other tests cover.
pytestmark = pytest.mark.no_cover
POST = "POST import/videos"
STATUS = "GET import/videos/status"


@pytest.mark.parametrize(
    ("fault", "posts"),
    [
        (Fault(on=POST, action="refuse"), 2),
        (Fault(on=POST, action="status", status=503), 2),
        (Fault(on=POST, action="html", status=503, times=3), 4),
        (Fault(on=POST, action="status", status=429, headers={"Retry-After": "7"}), 2),
        (Fault(on=POST, action="html", status=502), 2),
        (Fault(on=POST, action="status_after", status=504), 1),
        (Fault(on=POST, action="status_after", status=500), 1),
        (Fault(on=POST, action="truncated"), 1),
        (Fault(on=POST, action="drop", times=2), 3),
        (Fault(on=STATUS, action="drop", times=3), 1),
        (Fault(on=STATUS, action="html", status=504, times=3), 1),
        (Fault(on=STATUS, action="status", status=500), 1),
        (Fault(on=POST, action="lose_job"), 2),
        (Fault(on=POST, action="lose_job", imported_before_loss=True), 1),
        (Fault(on=POST, action="unknown_state", count=4), 1),
        (Fault(on=POST, action="surplus_items", count=2), 1),
    ],
    ids=lambda value: (
        f"{value.on} {value.action} {value.status}" if isinstance(value, Fault) else ""
    ),
)
def test_passing_trouble_is_overcome(make_program, fault, posts):
    """A passing fault is overcome: every item arrives once, without unnecessary requests."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(fault)

    ended = program.run()

    assert ended.exit_code == 0
    program.check_identities(names(3))
    assert program.emulator.requests[POST] == posts


@pytest.mark.parametrize(
    ("fault", "exit_code"),
    [
        (Fault(on=POST, action="refuse", nth=2, times=99), 8),
        (Fault(on=POST, action="status", status=503, nth=2, times=99), 8),
        (Fault(on=POST, action="drop", nth=2, times=99), 8),
        (Fault(on=STATUS, action="drop", nth=2, times=99), 8),
        (Fault(on=POST, action="status", status=401, nth=2, times=99), 5),
        (Fault(on=POST, action="status", status=403, nth=2, times=99), 5),
        (Fault(on=POST, action="status", status=410, nth=2, times=99), 6),
        (Fault(on=POST, action="status", status=200, body="<html>", nth=2, times=99), 6),
        (Fault(on=STATUS, action="status", status=401, nth=2, times=99), 5),
        (Fault(on=POST, action="stuck_job", nth=2), 8),
    ],
    ids=lambda value: (
        f"{value.on} {value.action} {value.status}" if isinstance(value, Fault) else ""
    ),
)
def test_lasting_trouble_ends_the_run_and_the_next_one_continues(
    make_program, clock, fault, exit_code
):
    """A lasting fault ends the run with its exit code; the next run continues."""
    program = make_program(job_polls=0)
    program.write(videos(9))
    program.emulator.script(fault)

    ended = program.run(parallel=1)

    assert ended.exit_code == exit_code
    assert ended.tally.outcomes["success"] == 3
    program.emulator.recover()
    if fault.action == "stuck_job":
        return
    assert program.run(parallel=1).exit_code == 0
    program.check_identities(names(9))


def test_batches_in_flight_settle_before_the_error_goes_up(make_program):
    """Batches in flight are followed to their end when another batch fails."""
    program = make_program(job_polls=0, job_seconds=60)
    program.write(videos(9))
    program.emulator.script(Fault(on=POST, action="status", status=401, nth=2))

    ended = program.run(parallel=2)

    assert ended.exit_code == 5
    assert ended.tally.outcomes["success"] == 3
    assert ended.tally.not_sent == 6


def test_job_failed_as_a_whole_is_sent_once_more_in_halves(make_program):
    """A job that failed as a whole is sent again in halves, and succeeds."""
    program = make_program(job_polls=0)
    program.write(videos(6))
    program.emulator.script(Fault(on=POST, action="fail_job"))

    ended = program.run(parallel=1)

    assert ended.exit_code == 0
    assert program.emulator.requests[POST] == 2 + 2
    program.check_identities(names(6))
    first, second = program.history("v1")
    assert (first["state"], second["state"]) == ("lost", "success")
    assert "without a list of items; sent again" in first["reason"]


def test_item_missing_from_the_result_is_failed(make_program):
    """An item missing in the result fails; sent again, it is found to exist."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(Fault(on=POST, action="missing_items", count=1))

    assert program.run().exit_code == 3
    assert program.states()["v3"] == "failed"
    program.run(retry_failed=True)
    assert program.states()["v3"] == "skipped"


def test_job_lost_again_and_again_fails_its_items(make_program):
    """A batch whose job is lost each time fails, so that the others arrive."""
    program = make_program(job_polls=0)
    program.write(videos(6))
    program.emulator.script(Fault(on=POST, action="lose_job", times=3))

    ended = program.run(parallel=1)

    assert ended.exit_code == 3
    assert ended.tally.outcomes == {"failed": 3, "success": 3, "open": 0}
    assert "3 times" in program.rows()["v1"]["reason"]


@pytest.mark.parametrize(
    "token", [Token(expires_at=0), Token(scopes=("public-api:read",))], ids=["expired", "no scope"]
)
def test_token_that_is_not_accepted(make_program, token):
    """A refused token is exit 5; nothing was accepted, and a run with a valid token continues."""
    program = make_program(tokens={"demo-token": token})
    program.write(videos(3))

    assert program.run().exit_code == 5
    assert set(program.states().values()) == {"refused"}
    program.emulator.settings = type(program.emulator.settings)()
    assert program.run().exit_code == 0
    program.check_identities(names(3))


def test_quota_is_cut_to_what_still_fits(make_program):
    """With one item of quota left, one of ten is sent, and the exit code is 7."""
    program = make_program(job_polls=0, quota=100)
    program.write(videos(99))
    program.run(batch_size=100)
    program.write(videos(109))

    ended = program.run(batch_size=100)

    assert ended.exit_code == 7
    assert ended.tally.outcomes["success"] == 1
    assert ended.tally.not_sent == 9


@pytest.mark.parametrize("as_array", [False, True])
def test_quota_is_waited_for_when_asked(make_program, clock, as_array):
    """With `--wait-for-quota` three days of work are done in one run, with one wasted 429 a day."""
    program = make_program(job_polls=0, quota=30, quota_as_array=as_array)
    program.write(videos(80))

    ended = program.run(batch_size=10, parallel=1, wait_for_quota=True)

    assert ended.exit_code == 0
    program.check_identities(names(80))
    assert 2 * 86_400 <= clock.elapsed < 3 * 86_400
    assert program.emulator.requests[POST] <= 8 + 3


def test_own_daily_limit_keeps_below_it(make_program, clock):
    """`--daily-limit` counts the ledger's items of the last 24 hours."""
    program = make_program(job_polls=0)
    program.write(videos(10))

    first = program.run(daily_limit=4)
    second = program.run(daily_limit=4)
    clock.advance(86_401)
    third = program.run(daily_limit=4)

    assert [one.exit_code for one in (first, second, third)] == [7, 7, 7]
    assert [one.tally.outcomes["success"] for one in (first, second, third)] == [4, 0, 4]
    assert first.tally.not_sent == 6


def test_max_duration_takes_no_new_batch(make_program):
    """After `--max-duration` batches in flight are finished, and the rest is not sent."""
    program = make_program(job_polls=0, job_seconds=100)
    program.write(videos(12))

    ended = program.run(parallel=1, max_duration=150.0)

    assert ended.exit_code == 0
    assert ended.tally.outcomes["success"] == 6
    assert ended.tally.not_sent == 6


def test_max_rate_spaces_the_requests(make_program, clock):
    """No more requests a second than allowed, all kinds together."""
    program = make_program(job_polls=0)
    program.write(videos(30))

    ended = program.run(max_rate=0.5)

    total = ended.requests["import"] + ended.requests["status"]
    assert clock.elapsed >= (total - 1) / 0.5


@pytest.mark.parametrize("changed", [{"externalId": "x-{{ id }}"}, {"systemName": "other"}])
def test_other_ids_for_known_items_stop_the_run(program, changed):
    """Other ids for known items stop the run before any request, with their count."""
    program.write(videos(5))
    program.run()
    program.write(videos(7), **changed)
    asked = dict(program.emulator.requests)

    with pytest.raises(UsageError, match="5 entries would be created twice"):
        program.run()

    assert dict(program.emulator.requests) == asked
    assert program.run(accept_new_ids=True).tally.sent == 7


def test_other_words_for_the_same_ids_pass(program):
    """Another template with the same ids does not stop the run."""
    program.write(videos(3))
    program.run()
    program.write(videos(3), externalId="{{ 'v' }}{{ id[1:] }}")

    assert program.run().tally.sent == 0
