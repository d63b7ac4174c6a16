"""The brake: a run whose first outcomes are all failures stops, and names their causes."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from tests.harness.projects import project_config
from tests.harness.records import image, images, names, video, videos

POST = "POST import/videos"
REASON = "Could not upload video"


def failing(**more):
    """Return a server on which items of every request fail."""
    return Fault(on=POST, action="fail_item", **{"reason": REASON, "times": 10_000, **more})


def test_first_outcomes_that_all_fail_stop_the_run(make_program):
    """The run ends with 6 and one cause; the rest is not sent, and the next run can send it."""
    program = make_program(job_polls=0)
    program.write(videos(100))
    program.emulator.script(failing())

    ended = program.run(batch_size=5, max_failures=20)
    program.emulator.recover()

    assert ended.exit_code == 6
    assert str(ended.error) == (
        "the first 20 outcomes of this run are all failures, and all have one cause: "
        "Could not upload video"
    )
    assert "--retry-failed" in ended.error.hint
    failed = ended.tally.outcomes["failed"]
    # Requests in flight settle first.
    assert 20 <= failed <= 25
    assert program.emulator.requests[POST] == failed / 5
    assert ended.tally.not_sent == ended.tally.read - failed
    assert program.run(batch_size=100, retry_failed=True).exit_code == 0
    program.check_identities(names(100))


def test_one_item_that_arrives_releases_the_brake(make_program):
    """A success among the first outcomes shows that the items are the cause: all are sent."""
    program = make_program(job_polls=0)
    program.write(videos(30))
    program.emulator.script(*(failing(external_id=name) for name in names(30)[1:]))

    ended = program.run(batch_size=5, max_failures=10)
    program.emulator.recover()

    assert ended.exit_code == 3
    assert ended.tally.outcomes == {"success": 1, "failed": 29, "open": 0}


def test_skipped_is_not_a_failure(make_program):
    """An entry that exists already releases the brake, whatever follows."""
    program = make_program(job_polls=0, repeat="skip")
    program.write(videos(1))
    program.run()
    program.ledger_path.unlink()
    program.write(videos(12))
    program.emulator.script(*(failing(external_id=name) for name in names(12)[1:]))

    ended = program.run(batch_size=3, max_failures=3, parallel=1)
    program.emulator.recover()

    assert ended.exit_code == 3
    assert (ended.tally.outcomes["skipped"], ended.tally.outcomes["failed"]) == (1, 11)


@pytest.mark.parametrize("most", [0, 11])
def test_fewer_outcomes_never_brake(make_program, most):
    """A run with fewer outcomes than the limit is not stopped; 0 never stops one."""
    program = make_program(job_polls=0)
    program.write(videos(10))
    program.emulator.script(failing())

    ended = program.run(batch_size=5, max_failures=most)
    program.emulator.recover()

    assert (ended.exit_code, ended.tally.outcomes["failed"]) == (3, 10)


def test_refused_entries_of_the_media_library_are_failures(make_library):
    """An entry that the media library refuses counts as a failure."""
    library = make_library(project_config=project_config(title="li-text", credit="li-text"))
    library.write([image(number, metadata={"title": 7}) for number in range(1, 31)])

    ended = library.run(batch_size=5, max_failures=10)

    assert ended.exit_code == 6
    assert "The value of '/title' must be string" in str(ended.error)
    assert ended.tally.outcomes["failed"] <= 15
    library.write(images(30))
    assert library.run(batch_size=30).exit_code == 0


def test_several_causes_are_listed_by_size(make_program):
    """Values that differ are cut out; the largest cause comes first."""
    program = make_program(job_polls=0)
    program.write(videos(10))
    refused = [failing(external_id=f"v{number}", reason=f"no file {number}") for number in (1, 2)]
    program.emulator.script(*refused, failing())

    ended = program.run(batch_size=10, max_failures=10)
    program.emulator.recover()

    assert str(ended.error).endswith("by cause: 8: Could not upload video; 2: no file …")


def test_earlier_runs_do_not_count(make_program):
    """Failures of a batch that an earlier run sent say nothing about this run."""
    program = make_program(job_polls=1)
    program.write(videos(10))
    program.emulator.script(failing(times=1))
    program.run(batch_size=10, no_wait=True)
    program.emulator.recover()
    program.write([*videos(10), video(11)])

    ended = program.run(batch_size=10, max_failures=5)

    assert (ended.exit_code, ended.tally.outcomes["success"]) == (3, 1)


@pytest.mark.parametrize("action", ["refuse_request", "refuse_request_with_path"])
def test_halving_does_not_send_hundreds_of_requests(make_program, action):
    """A server that refuses every request, or names one item of each, gets few requests."""
    program = make_program(job_polls=0)
    program.write(videos(600))
    program.emulator.script(Fault(on=POST, action=action, times=10_000, reason="no"))

    ended = program.run(batch_size=100)
    program.emulator.recover()

    assert ended.exit_code == 6
    assert program.emulator.requests[POST] <= 50
    assert program.run(batch_size=100, retry_failed=True).exit_code == 0
    program.check_identities(names(600))


def test_many_named_culprits_do_not_stop_a_server_that_accepts_others(make_program):
    """One request for each named culprit: after many of them one item shows that others arrive."""
    program = make_program(job_polls=0)
    program.write(videos(60))
    bad = names(60)[:30]
    program.emulator.script(
        *(
            Fault(on=POST, action="refuse_request_with_path", external_id=name, times=999)
            for name in bad
        )
    )

    ended = program.run(batch_size=60)
    program.emulator.recover()

    assert ended.tally.outcomes == {"success": 30, "failed": 30, "open": 0}


def test_jobs_that_fail_as_a_whole_are_not_halved_after_the_brake(make_program):
    """Once the brake ended the run, a batch in flight is not sent again in halves."""
    program = make_program(job_polls=0)
    program.write(videos(64))
    program.emulator.script(
        Fault(on=POST, action="fail_item", reason=REASON),
        Fault(on=POST, action="fail_job", nth=2, times=999),
    )

    ended = program.run(batch_size=32, max_failures=32)
    program.emulator.recover()

    assert ended.exit_code == 6
    assert program.emulator.requests[POST] <= 4
