"""The evidence of answers: look-ups, lost answers, refusals, limits and stops."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ld_import.emulator import Fault, Token
from ld_import.errors import LedgerError
from ld_import.events import Submitted
from ld_import.ledger import SqliteLedger
from tests.harness.crashing import Fuse
from tests.harness.program import crash
from tests.harness.records import image, images, names, video, videos

POST = "POST import/videos"
STATUS = "GET import/videos/status"
LOOK_UP = "GET mediaLibrary"
LIBRARY_POST = "POST import/mediaLibrary"
WRITE_ONLY = {"demo-token": Token(scopes=("public-api:write",))}
QUOTA_REACHED = {
    "status": 429,
    "error": "Usage Limit Exceeded",
    "error_details": {
        "message": "Your plan does not allow you to upload more than 3 per day. You already"
        " uploaded 3 in the last 24 hours and are trying to upload 3 more."
    },
}


def refuse(number, **fields):
    """Return a fault that refuses every request with this video."""
    return Fault(on=POST, action="refuse_request", external_id=f"v{number}", reason="odd", **fields)


def test_look_up_that_lists_a_stranger_proves_nothing(make_program):
    """An unrelated entry in a look-up does not prove success: the items are sent again."""
    program = make_program(job_polls=0)
    program.write(videos(2))
    stranger = {"results": [{"id": "m9", "externalId": "other", "systemName": "archive"}]}
    program.emulator.script(
        Fault(on=POST, action="drop"),
        Fault(on=LOOK_UP, action="status", status=200, body=stranger, times=99),
    )

    assert program.run().exit_code == 0
    program.emulator.recover()
    program.check_identities(names(2))
    assert program.emulator.requests[POST] == 2
    assert "m9" not in {row["mediaId"] for row in program.rows().values()}


def test_refused_question_is_no_refused_request(make_program):
    """A 400 to the status question leaves the items open, and the next run follows their job."""
    program = make_program(job_polls=0)
    program.write(videos(4))
    program.emulator.script(Fault(on=STATUS, action="status", status=400))

    first = program.run(batch_size=4)
    states = program.states()
    second = program.run(batch_size=4)

    assert (first.exit_code, first.tally.outcomes["open"], first.tally.not_sent) == (6, 4, 0)
    assert set(states.values()) == {"submitted"}
    assert (second.exit_code, program.emulator.requests[POST]) == (0, 1)
    program.check_identities(names(4))


def test_refused_look_up_is_no_refused_request(library):
    """After a 400 to a look-up nothing is posted again; the outcome stays unknown."""
    library.write(images(1))
    library.run()
    library.ledger_path.unlink()
    library.emulator.settings = replace(library.emulator.settings, conflict_names_media=False)
    library.write(images(4))
    library.emulator.script(Fault(on=LOOK_UP, action="status", status=400, times=99))

    first = library.run(batch_size=4)
    library.emulator.recover()
    second = library.run(batch_size=4)

    assert (first.exit_code, first.tally.sent, first.tally.not_sent) == (0, 4, 0)
    assert "cannot be looked up" in library.rows()["v1"]["reason"]
    assert (second.exit_code, second.tally.sent) == (0, 0)
    assert library.emulator.requests[LIBRARY_POST] == 2
    library.check_identities(names(4))


def test_refused_look_up_before_a_patch_leaves_it_open(make_library):
    """If entries to patch cannot be read, their items stay open."""
    program = make_library()
    program.write(images(2))
    program.run()
    program.write([*(image(number, "New") for number in (1, 2)), image(3)])
    program.emulator.script(Fault(on=LOOK_UP, action="status", status=400, times=99))

    first = program.run(on_existing="patch")
    program.emulator.recover()
    second = program.run(on_existing="patch")

    assert (first.exit_code, first.tally.open_count) == (6, 2)
    assert second.exit_code == 0
    program.check_identities(names(3))
    titles = {entry["metadata"]["title"] for entry in program.emulator.entries()}
    assert titles == {"New", image(3)["metadata"]["title"]}


@pytest.mark.parametrize(
    ("on_existing", "state", "title"),
    [
        ("skip", "skipped", "Film 1"),
        ("fail", "failed", "Film 1"),
        ("patch", "success", "New"),
    ],
)
def test_entry_with_other_content_is_no_proof(make_foreign, on_existing, state, title):
    """An entry of someone else does not prove that a lost request arrived."""
    program = make_foreign()
    program.emulator.script(Fault(on=POST, action="drop"))

    program.run(on_existing=on_existing)

    assert program.states() == {"v1": state}
    assert program.entries()["v1"]["metadata"] == {"title": title}


def test_entry_of_a_failed_attempt_is_no_proof(make_program):
    """An entry from a failed attempt does not prove that a later change arrived."""
    program = make_program(job_polls=0, repeat="skip")
    program.write([video(2), video(1)])
    program.emulator.script(Fault(on=POST, action="missing_items"))
    program.run()
    assert program.states()["v1"] == "failed"
    program.write([video(2), video(1, metadata={"title": "B"})])
    program.emulator.script(Fault(on=POST, action="drop"))

    assert program.run(on_existing="patch").exit_code == 0
    assert program.entries()["v1"]["metadata"] == {"title": "B"}


def test_change_after_a_lost_request_is_not_taken_for_arrived(make_program):
    """A lost request proves only its own content, not a later change."""
    program = make_program(job_polls=0, repeat="skip", tokens=WRITE_ONLY)
    program.write([video(1)])
    assert crash(program, events=Fuse(2))
    program.write([video(1, metadata={"title": "Changed"})])

    program.run()

    assert program.entries()["v1"]["metadata"] == {"title": "Film 1"}
    assert program.states() == {"v1": "skipped"}


def test_lost_answer_is_remembered_through_a_refusal(make_program):
    """A refused repeat proves nothing about the first request, whose entries may be our own.

    Without the read scope the item counts neither as failed nor as success.
    """
    program = make_program(job_polls=0, repeat="skip", tokens=WRITE_ONLY)
    program.write([video(1)])
    program.emulator.script(
        Fault(on=POST, action="drop_after"),
        Fault(on=POST, action="status", status=503, nth=2, times=99),
    )

    first = program.run(on_existing="fail")
    program.emulator.recover()
    second = program.run(on_existing="fail")

    assert (first.exit_code, second.exit_code) == (8, 0)
    program.check_identities(names(1))
    assert program.states() == {"v1": "skipped"}
    assert "could not be confirmed" in program.rows()["v1"]["reason"]


def test_paths_of_a_smaller_repeat_name_its_own_items(make_program):
    """An index in a refusal refers to the refused request; settled items are not affected."""
    program = make_program(job_polls=0, fail_url={"films.example/3": "broken"})
    program.write(videos(4))
    program.emulator.script(
        Fault(on=POST, action="drop_after"),
        Fault(on=POST, action="refuse_request_with_path", external_id="v3", nth=2, reason="odd"),
    )

    ended = program.run(batch_size=4)

    assert ended.tally.outcomes == {"success": 3, "failed": 1, "open": 0}
    assert program.states() == {"v1": "success", "v2": "success", "v3": "failed", "v4": "success"}
    assert program.rows()["v3"]["reason"] == "refused by the server: entry: odd"
    assert [len(program.history(name)) for name in names(4)] == [1, 1, 2, 1]


def test_unknown_job_is_looked_up(make_program):
    """A 404 to a status request is a lost job: its items are looked up."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.run(no_wait=True)
    program.emulator.script(Fault(on=STATUS, action="status", status=404, times=99))
    program.write(videos(6))

    ended = program.run()

    program.emulator.recover()
    assert ended.exit_code == 0
    program.check_identities(names(6))
    assert program.emulator.requests[POST] == 2


def test_job_the_server_stumbles_over_does_not_block_the_rest(make_program):
    """A job that answers 500 for ever is overdue after `--max-wait`; all others arrive."""
    program = make_program(job_polls=0)
    program.write(videos(3))
    program.run(no_wait=True)
    program.emulator.script(Fault(on=STATUS, action="status", status=500, times=9999))
    program.write(videos(6))

    def recover(event):
        if isinstance(event, Submitted) and not event.is_resumed:
            program.emulator.recover()

    ended = program.run(max_wait=1, on_event=recover)

    assert (ended.exit_code, ended.tally.outcomes["success"]) == (8, 3)
    assert list(program.states().values()) == ["submitted"] * 3 + ["success"] * 3
    assert program.run().exit_code == 0
    program.check_identities(names(6))


def test_adjacent_bad_records_do_not_block_the_rest(make_program):
    """Ten adjacent refused records fail; the next run has nothing left to do."""
    program = make_program(job_polls=0)
    program.write(videos(60))
    program.emulator.script(*(refuse(number, times=9999) for number in range(21, 31)))

    first = program.run(batch_size=20, parallel=1)
    second = program.run(batch_size=20, parallel=1)

    program.emulator.recover()
    assert first.tally.outcomes == {"success": 50, "failed": 10, "open": 0}
    assert [first.exit_code, second.exit_code] == [3, 3]
    assert second.tally.sent == 0


def test_first_bad_record_alone_in_its_request_does_not_block_the_rest(make_program):
    """With one item a request the first culprit fails like any other."""
    program = make_program(job_polls=0)
    program.write(videos(10))
    program.emulator.script(refuse(1))

    ended = program.run(batch_size=1)

    assert ended.exit_code == 3
    assert ended.tally.outcomes == {"success": 9, "failed": 1, "open": 0}


def test_named_culprits_do_not_use_up_the_daily_limit(make_program):
    """Refused items do not count towards the daily limit."""
    program = make_program(job_polls=0)
    program.write(videos(100))
    program.emulator.script(
        Fault(on=POST, action="refuse_request_with_path", external_id="v7", reason="odd")
    )

    ended = program.run(batch_size=50, daily_limit=100, parallel=1)

    assert ended.exit_code == 3
    assert ended.tally.outcomes == {"success": 99, "failed": 1, "open": 0}


def run_into_quota_and_401(program):
    """Run with one batch waiting for quota while the job of another gets 401."""
    program.write(videos(12))
    program.emulator.script(
        Fault(on=POST, action="status", status=429, body=QUOTA_REACHED, nth=2),
        Fault(on="GET import/videos/status", action="status", status=401),
    )
    return program.run(wait_for_quota=True, parallel=2)


def test_batch_that_waited_for_quota_is_not_sent_after_the_end(make_program):
    """A batch that waits for quota sends nothing after another batch has ended the run."""
    program = make_program(job_polls=0)

    ended = run_into_quota_and_401(program)

    assert (ended.exit_code, ended.tally.not_sent, ended.tally.open_count) == (5, 9, 3)
    assert program.emulator.requests[POST] == 2


def test_waiting_for_quota_ends_with_the_run(make_program, clock):
    """The wait for quota ends with the run."""
    program = make_program(job_polls=0)

    run_into_quota_and_401(program)

    assert clock.elapsed < 60


def test_waiting_for_quota_respects_the_longest_duration(make_program, clock):
    """A quota that returns after `--max-duration` is not waited for."""
    program = make_program(job_polls=0, quota=3)
    program.write(videos(6))

    ended = program.run(wait_for_quota=True, max_duration=60.0)

    assert (ended.exit_code, ended.tally.outcomes["success"], ended.tally.not_sent) == (7, 3, 3)
    assert clock.elapsed < 60


def test_stop_ends_an_isolation(library):
    """After a stop no other part of a refused batch is sent."""
    library.write(images(64))
    library.emulator.script(
        Fault(on=LIBRARY_POST, action="slow", seconds=2),
        Fault(on=LIBRARY_POST, action="refuse_request", external_id="v64", reason="odd"),
    )

    ended = library.run(batch_size=64, stop_after=1)

    assert (ended.exit_code, ended.tally.not_sent) == (143, 64)
    assert library.emulator.requests[LIBRARY_POST] == 1
    assert library.run(batch_size=64).exit_code == 0
    library.check_identities(names(64))


def test_ledger_that_cannot_tell_its_open_batches(make_program, monkeypatch):
    """A ledger whose open batches cannot be read is exit 9."""
    program = make_program()
    program.write(videos(1))

    def fail(self):
        raise LedgerError("damaged")

    monkeypatch.setattr(SqliteLedger, "open_batches", fail)

    assert program.run().exit_code == 9
    assert program.emulator.requests[POST] == 0


def test_one_request_too_large_halves_later_ones_once(make_program):
    """The search for a large item in a refused batch halves later requests only once."""
    program = make_program(job_polls=0, body_limit=20_000)
    program.write([video(1, metadata={"text": "x" * 30_000}), *videos(1000)[1:]])

    ended = program.run(batch_size=100, parallel=1)

    assert ended.tally.outcomes == {"success": 999, "failed": 1, "open": 0}
    sizes = [one.item_count for one in ended.events if isinstance(one, Submitted)]
    assert sizes[-9:] == [100] * 9
