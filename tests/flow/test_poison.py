"""Jobs that fail as a whole: a poisoned item fails alone, a broken server ends the run."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from ld_import.importer.settings import MAX_WAIT_SECONDS
from tests.harness.records import names, videos

# Whole programs, whose lines other tests cover.
pytestmark = pytest.mark.no_cover
POST = "POST import/videos"


def poison(number, times=99):
    """Return the fault of an item that makes every job with it fail."""
    return Fault(on=POST, action="fail_job", external_id=f"v{number}", times=times)


@pytest.mark.parametrize("number", [1, 128, 200, 256])
def test_poisoned_item_among_many_fails_alone(make_program, number):
    """One poisoned item at any position: all others arrive, in at most 17 requests."""
    program = make_program(job_polls=0)
    program.write(videos(256))
    program.emulator.script(poison(number))

    ended = program.run(batch_size=256)
    program.emulator.recover()

    assert ended.exit_code == 3
    assert ended.tally.outcomes == {"success": 255, "failed": 1, "open": 0}
    assert program.states()[f"v{number}"] == "failed"
    assert program.emulator.requests[POST] <= 17
    entries = program.emulator.entries()
    assert sorted(one["externalId"] for one in entries) == sorted(set(names(256)) - {f"v{number}"})


def test_poisoned_item_is_left_by_the_next_run(make_program):
    """A poisoned item has failed, and failed items are not sent again by default."""
    program = make_program(job_polls=0)
    program.write(videos(8))
    program.emulator.script(poison(3))
    program.run(batch_size=8)
    program.emulator.recover()
    posted = program.emulator.requests[POST]

    again = program.run(batch_size=8)
    retried = program.run(batch_size=8, retry_failed=True)

    assert (again.exit_code, again.tally.sent) == (3, 0)
    assert retried.exit_code == 0
    assert program.emulator.requests[POST] == posted + 1
    program.check_identities(names(8))


def test_two_poisoned_items_fail_alone(make_program):
    """The request budget of a batch suffices for two poisoned items."""
    program = make_program(job_polls=0)
    program.write(videos(100))
    program.emulator.script(poison(1), poison(100))

    ended = program.run(batch_size=100)
    program.emulator.recover()

    assert ended.exit_code == 3
    assert ended.tally.outcomes == {"success": 98, "failed": 2, "open": 0}


def nights(program, most=12, **options):
    """Run night after night until the exit code is 0 or 3; return the codes."""
    codes: list[int] = []
    while not codes or codes[-1] not in (0, 3):
        codes.append(program.run(**options).exit_code)
        program.clock.advance(86_500)
        assert len(codes) <= most
    return codes


def test_search_goes_on_the_next_night(make_program):
    """Many poisoned items are found over several runs."""
    program = make_program(job_polls=0)
    program.write(videos(64))
    bad = range(2, 65, 7)
    program.emulator.script(*(poison(number, times=999) for number in bad))

    codes = nights(program, batch_size=64)
    program.emulator.recover()

    assert codes[-1] == 3
    states = program.states()
    assert {name for name, state in states.items() if state == "failed"} == {f"v{n}" for n in bad}
    assert program.run(retry_failed=True).exit_code == 0
    program.check_identities(names(64))


@pytest.mark.parametrize(
    "options", [{"wait_for_quota": True}, {"daily_limit": 45}, {"no_wait": True}, {}]
)
def test_search_goes_on_whatever_ends_a_run(make_program, options):
    """The search continues in the next run after quota, daily limit or `--no-wait`."""
    program = make_program(job_polls=0, **({} if "daily_limit" in options else {"quota": 30}))
    program.write(videos(90))
    program.emulator.script(poison(7, times=999))
    codes: list[int] = []
    while not codes or program.states()["v7"] != "failed":
        codes.append(program.run(batch_size=30, **options).exit_code)
        program.clock.advance(86_500)
        assert len(codes) <= 20
    while program.run(batch_size=30, **options).exit_code == 7:
        program.clock.advance(86_500)
    program.emulator.recover()

    states = program.states()
    assert sorted(states.values()) == ["failed"] + ["success"] * 89


def test_broken_server_is_not_walked_through(make_program):
    """Job after job that fails ends the run with 8 after a few requests; the next run continues."""
    program = make_program(job_polls=0)
    program.write(videos(150))
    program.emulator.script(Fault(on=POST, action="fail_job", times=10_000))

    ended = program.run(batch_size=10)
    program.emulator.recover()

    assert ended.exit_code == 8
    assert "several import jobs failed in a row" in str(ended.error)
    assert program.emulator.requests[POST] <= 8 + 1
    assert set(program.states().values()) == {"lost"}
    assert program.run(batch_size=10).exit_code == 0
    program.check_identities(names(150))


@pytest.mark.parametrize("batch_size", [2, 3, 7])
@pytest.mark.parametrize("parallel", [1, 2])
def test_broken_server_fails_no_item(make_program, batch_size, parallel):
    """Without a successful item no item fails, even if batches have shrunk to one item."""
    program = make_program(job_polls=0)
    program.write(videos(21))
    program.emulator.script(Fault(on=POST, action="fail_job", times=10_000))

    ended = program.run(batch_size=batch_size, parallel=parallel)
    program.emulator.recover()

    assert ended.exit_code == 8
    assert set(program.states().values()) == {"lost"}
    assert program.run(batch_size=batch_size).exit_code == 0
    program.check_identities(names(21))


def test_single_item_is_failed_the_second_night(make_program):
    """An item that fails alone is failed in the second run, since the first may be the server."""
    program = make_program(job_polls=0)
    program.write(videos(1))
    program.emulator.script(Fault(on=POST, action="fail_job", times=2))

    assert [program.run().exit_code for _ in range(3)] == [8, 3, 3]
    assert program.states() == {"v1": "failed"}
    assert program.run(retry_failed=True).exit_code == 0


def test_broken_server_fails_no_single_item(make_program):
    """With one item a request a broken server ends the run as soon; the next run completes."""
    program = make_program(job_polls=0)
    program.write(videos(40))
    program.emulator.script(Fault(on=POST, action="fail_job", times=10_000))

    ended = program.run(batch_size=1)
    program.emulator.recover()

    assert ended.exit_code == 8
    assert program.emulator.requests[POST] <= 8 + 1
    assert program.run(batch_size=1).exit_code == 0
    program.check_identities(names(40))


def test_poisoned_last_batch_is_found_the_next_nights(make_program):
    """A poisoned last batch fails one run later, since no later batch worked."""
    program = make_program(job_polls=0)
    program.write(videos(8))
    program.emulator.script(poison(7, times=999), poison(8, times=999))

    codes = nights(program, batch_size=3)
    program.emulator.recover()

    assert codes[-1] == 3
    assert sorted(program.states().values()) == ["failed"] * 2 + ["success"] * 6


def test_job_that_never_ends_is_given_up_after_a_week(make_program, clock):
    """A job is given up after a week, once two runs agree; its items are looked up."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(Fault(on=POST, action="stuck_job"))

    codes = []
    for _ in range(10):
        codes.append(program.run(max_wait=100).exit_code)
        clock.advance(86_400)

    assert codes == [8] * 8 + [0, 0]
    program.check_identities(names(3))


def test_job_may_take_longer(make_program):
    """A job is polled for longer than by default if `--max-wait` allows it."""
    program = make_program(job_polls=0, job_seconds=3 * MAX_WAIT_SECONDS)
    program.write(videos(3))

    assert program.run(max_wait=4 * MAX_WAIT_SECONDS).exit_code == 0


def test_jobs_lost_one_after_the_other_end_the_run(make_program):
    """A server that loses every job ends the run."""
    program = make_program(job_polls=0)
    program.write(videos(150))
    program.emulator.script(Fault(on=POST, action="lose_job", times=10_000))

    ended = program.run(batch_size=10)
    program.emulator.recover()

    assert ended.exit_code == 8
    assert program.emulator.requests[POST] <= 8 + 1
    assert program.run(batch_size=10).exit_code == 0
    program.check_identities(names(150))


def test_batch_of_nothing_but_poison_does_not_hold_up_the_others(make_program):
    """A batch of poisoned items fails once other batches have worked."""
    program = make_program(job_polls=0)
    program.write(videos(12))
    program.emulator.script(poison(1), poison(2), poison(3))

    ended = program.run(batch_size=3, parallel=1)
    program.emulator.recover()

    assert ended.exit_code == 3
    assert ended.tally.outcomes == {"success": 9, "failed": 3, "open": 0}
    assert program.run(retry_failed=True).exit_code == 0
    program.check_identities(names(12))


def test_manifest_of_nothing_but_poison_is_in_doubt(make_program):
    """If no item worked, none fails; a smaller batch size decides."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(poison(1), poison(2), poison(3))

    ended = program.run()
    smaller = program.run(batch_size=1)
    program.emulator.recover()

    assert (ended.exit_code, smaller.exit_code) == (8, 3)
    assert "--batch-size" in ended.error.hint
    assert set(program.states().values()) == {"failed"}


def test_items_of_a_job_that_failed_halfway_are_ours(make_program):
    """Items that a failed job imported are looked up and count as success."""
    program = make_program(job_polls=0)
    program.write(videos(4))
    program.run(batch_size=4)
    program.ledger_path.unlink()
    program.emulator.script(Fault(on=POST, action="fail_job"))

    ended = program.run(batch_size=4)

    assert ended.exit_code == 0
    assert ended.tally.outcomes["success"] == 4
    program.check_identities(names(4))


def test_stop_while_halving_leaves_the_rest_for_the_next_run(make_program):
    """A stop between two halves leaves the unsent items open."""
    program = make_program(job_polls=0, job_seconds=30)
    program.write(videos(8))
    program.emulator.script(poison(1))

    ended = program.run(batch_size=8, stop_after=70)
    program.emulator.recover()

    assert ended.exit_code == 143
    assert ended.tally.not_sent + ended.tally.open_count > 0
    assert program.run(batch_size=8).exit_code == 0
    program.check_identities(names(8))
