"""From manifest to ledger rows without faults: every wording of the server, and re-runs."""

from __future__ import annotations

import pytest

from ld_import.model import LeaveReason
from tests.harness.records import names, video, videos


def test_every_record_ends_as_one_row_and_one_entry(program):
    """All arrive with what the manifest says, and the ledger has their mediaIds."""
    program.write(videos(10))

    ended = program.run()

    assert ended.exit_code == 0
    program.check_identities(names(10))
    entries = {entry["externalId"]: entry for entry in program.emulator.entries()}
    assert [entries[f"v{number}"]["content"] for number in range(1, 11)] == videos(10)
    assert {name: row["mediaId"] for name, row in program.rows().items()} == {
        name: entry["id"] for name, entry in entries.items()
    }


def test_second_run_sends_nothing(program):
    """A second run of the same command sends nothing."""
    program.write(videos(10))
    program.run()
    asked = dict(program.emulator.requests)

    ended = program.run()

    assert ended.tally.left[LeaveReason.UNCHANGED] == 10
    assert dict(program.emulator.requests) == asked


def test_changed_and_new_records_are_sent_alone(program):
    """Only new and changed records are sent."""
    program.write(videos(10))
    program.run()
    program.write([*videos(8), video(9, fileName="Renamed"), video(10), video(11)])

    ended = program.run()

    assert ended.tally.sent == 2
    assert program.emulator.entries()[8]["fileName"] == "Renamed"
    program.check_identities(names(11))


def test_another_server_is_all_new(program, make_emulator):
    """The ledger keeps targets apart: for another server all records are new."""
    program.write(videos(4))
    program.run()
    first = program.emulator
    program.emulator, program.url = make_emulator(), "https://other.example"

    assert program.run().tally.sent == 4
    assert program.run().tally.sent == 0
    program.emulator, program.url = first, "https://server.example"
    assert program.run().tally.sent == 0


SERVERS = {
    "success, update": {"vocabulary": "success", "repeat": "update"},
    "imported, update": {"vocabulary": "imported", "repeat": "update"},
    "status, update": {"vocabulary": "status", "repeat": "update"},
    "success, skip": {"vocabulary": "success", "repeat": "skip"},
    "imported, skip": {"vocabulary": "imported", "repeat": "skip"},
    "status, skip": {"vocabulary": "status", "repeat": "skip"},
    "shuffled": {"vocabulary": "imported", "order": "shuffled"},
}


def comparable(program):
    """Return the ledger's rows without values that a server chooses."""
    free = {"mediaId", "jobId", "manifest", "firstSeenAt", "updatedAt", "originalUrl"}
    return {
        name: {key: value for key, value in row.items() if key not in free}
        for name, row in program.rows().items()
    }


# Tracing doubles its time, and other tests cover the same lines.
@pytest.mark.no_cover
@pytest.mark.parametrize("settings", SERVERS.values(), ids=SERVERS)
def test_every_spelling_ends_in_the_same_ledger(make_program, settings):
    """Ten batches give the same ledger for every wording of the server."""
    fail = {"fail_url": {"/13.mp4": "Could not upload video", "/170.mp4": "Too large"}}
    reference = make_program(job_polls=0, **fail)
    program = make_program(job_polls=0, **fail, **settings)
    for one in (reference, program):
        one.write(videos(200))
        one.run(batch_size=20)

    assert comparable(program) == comparable(reference)
    assert program.states()["v13"] == "failed"
    assert sum(state == "success" for state in program.states().values()) == 198


def test_outcome_of_a_repeat_depends_on_the_server(make_program):
    """A changed record is `success` where the server updates, and `skipped` where it does not."""
    updating, skipping = make_program(repeat="update"), make_program(repeat="skip")
    for program in (updating, skipping):
        program.write([video(1)])
        program.run()
        program.write([video(1, fileName="Renamed")])
        program.run()

    assert updating.states() == {"v1": "success"}
    assert skipping.states() == {"v1": "skipped"}
    assert updating.emulator.entries()[0]["fileName"] == "Renamed"
    assert skipping.emulator.entries()[0]["fileName"] == "Film 1"
    assert skipping.run().tally.sent == 0


def test_failed_items_wait_for_a_decision(make_program):
    """An item that failed is not sent again by itself, but by `--retry-failed` or when changed."""
    program = make_program(fail_url={"/2.mp4": "Could not upload video"})
    program.write(videos(3))

    first = program.run()
    second = program.run()
    program.emulator.settings = type(program.emulator.settings)()
    third = program.run(retry_failed=True)

    assert (first.exit_code, second.exit_code, third.exit_code) == (3, 3, 0)
    assert second.tally.left[LeaveReason.FAILED_BEFORE] == 1
    assert second.tally.sent == 0
    assert third.tally.sent == 1
    assert [one["state"] for one in program.history("v2")] == ["failed", "success"]


def test_invalid_and_repeated_lines_do_not_hold_up_the_others(program):
    """Invalid records are stored with all their reasons, and removed once they are fixed."""
    program.write([video(1), video(2, url="ftp://x", fileName=" "), video(1), video(3)])

    ended = program.run()

    assert ended.exit_code == 3
    assert program.states() == {"v1": "success", "v3": "success", "v2": "invalid"}
    assert ended.tally.left[LeaveReason.REPEATED] == 1
    row = program.rows()["v2"]
    assert row["line"] == 2
    assert "`url`" in row["reason"]
    assert "`fileName`" in row["reason"]
    program.write([video(1), video(2), video(3)])
    assert program.run().exit_code == 0
    assert program.states() == {"v1": "success", "v2": "success", "v3": "success"}


def test_batches_fly_beside_each_other(make_program, clock):
    """With `--parallel 4` at most four jobs are in flight."""
    program = make_program(job_polls=0, job_seconds=60)
    program.write(videos(24))
    in_flight = []

    def watch(event):
        if type(event).__name__ == "Submitted":
            in_flight.append(clock.elapsed)

    program.run(parallel=4, on_event=watch)

    assert len(in_flight) == 8
    assert in_flight[3] - in_flight[0] < 1
    assert in_flight[4] - in_flight[3] >= 60


def test_webhook_and_context_reach_the_server_untouched(program):
    """Webhook and context of the manifest reach the server unchanged."""
    context = {"import": "nightly", "n": [1, 2.5, None, "é"]}
    program.write(videos(1), webhook="https://archive.example/hook", context=context)

    program.run()

    (job,) = program.emulator.jobs()
    assert (job["webhook"], job["context"]) == ("https://archive.example/hook", context)
