"""Interrupted runs: the next run finishes the work; see also test_crash.py."""

from __future__ import annotations

from ld_import.emulator import Fault, Token
from tests.harness.records import names, videos


def test_job_of_an_earlier_run_is_followed_first(make_program):
    """A job of an earlier run is followed before planning, and nothing is sent."""
    program = make_program(job_polls=0, job_seconds=30)
    program.write(videos(3))
    first = program.run(no_wait=True)

    second = program.run()

    assert (first.exit_code, first.tally.open_count) == (0, 3)
    assert second.tally.sent == 0
    assert program.emulator.requests["POST import/videos"] == 1
    program.check_identities(names(3))


def test_runs_that_do_not_wait_follow_what_is_done(make_program, clock):
    """With `--no-wait` jobs of earlier runs are polled once; unfinished ones stay open."""
    program = make_program(job_polls=0, job_seconds=300)
    program.write(videos(3))
    program.run(no_wait=True)
    program.write(videos(6))

    second = program.run(no_wait=True)
    waited = clock.elapsed
    clock.advance(400)
    third = program.run(no_wait=True)

    assert (second.exit_code, second.tally.open_count) == (0, 6)
    assert waited < 10
    assert (third.exit_code, third.tally.open_count) == (0, 0)
    program.check_identities(names(6))


def test_lost_answer_is_proved_by_look_up(make_program):
    """After a lost answer the pairs are found by look-up, and nothing is resent."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(Fault(on="POST import/videos", action="drop_after"))

    ended = program.run()

    assert ended.exit_code == 0
    assert program.emulator.requests["POST import/videos"] == 1
    program.check_identities(names(3))
    assert all("found on the server" in row["reason"] for row in program.rows().values())


def test_lost_request_is_sent_again_and_the_ledger_says_so(make_program):
    """The batch never arrived: the look-up finds nothing, and its items are sent once more."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(Fault(on="POST import/videos", action="drop"))

    ended = program.run()

    assert ended.exit_code == 0
    assert program.emulator.requests["POST import/videos"] == 2
    program.check_identities(names(3))
    first, second = program.history("v1")
    assert (first["state"], second["state"]) == ("lost", "success")
    assert "sent again" in first["reason"]


def test_changed_item_proves_nothing_by_being_there(make_program):
    """An entry that existed before the lost request is sent again, not taken for arrived."""
    program = make_program(job_polls=0)
    program.write(videos(1))
    program.run()
    changed = {**videos(1)[0], "fileName": "Renamed"}
    program.write([changed])
    program.emulator.script(Fault(on="POST import/videos", action="drop"))

    program.run()

    assert program.emulator.entries()[0]["fileName"] == "Renamed"
    assert program.states() == {"v1": "success"}


def test_without_the_read_scope_items_are_sent_again(make_program):
    """A token that may not look up proves nothing; the server keeps each pair single."""
    write_only = {"demo-token": Token(scopes=("public-api:write",))}
    program = make_program(job_polls=0, tokens=write_only)
    program.write(videos(3))
    program.emulator.script(Fault(on="POST import/videos", action="drop_after"))

    assert program.run().exit_code == 0
    assert program.states() == dict.fromkeys(names(3), "skipped")
    assert "could not be confirmed" in program.rows()["v1"]["reason"]
    program.check_identities(names(3))


def test_stop_records_what_is_in_flight(make_program, clock):
    """On SIGTERM no new batch is taken, the jobs are in the ledger, the next run follows them."""
    program = make_program(job_polls=0, job_seconds=300)
    program.write(videos(12))

    ended = program.run(stop_after=20)

    assert ended.exit_code == 143
    assert clock.elapsed < 25
    assert ended.tally.open_count == 6
    assert program.emulator.requests["POST import/videos"] == 2
    assert program.run().exit_code == 0
    assert program.emulator.requests["POST import/videos"] == 4
    program.check_identities(names(12))


def test_stuck_job_of_an_earlier_run_does_not_hold_up_the_others(make_program):
    """A stuck job stays open and makes exit 8; everything else arrives."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.emulator.script(Fault(on="POST import/videos", action="stuck_job"))
    first = program.run(max_wait=100)
    program.write(videos(6))

    second = program.run(max_wait=100)

    assert (first.exit_code, second.exit_code) == (8, 8)
    assert second.tally.open_count == 3
    states = program.states()
    assert [states[f"v{number}"] for number in (4, 5, 6)] == ["success"] * 3
