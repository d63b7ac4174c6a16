"""Requests refused as a whole: the culprit is isolated, and the rest arrives."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from tests.harness.records import names, videos

POST = "POST import/videos"


def refusing(external_id, **more):
    """Return a server that refuses every request with this item."""
    return Fault(on=POST, action="refuse_request", external_id=external_id, times=10_000, **more)


# Tracing doubles its time, and other tests cover the same lines.
@pytest.mark.no_cover
@pytest.mark.parametrize("culprit", ["v1", "v128", "v200", "v256"])
def test_one_among_many_is_found(make_program, culprit):
    """Without a hint from the server the culprit is isolated in at most 17 requests."""
    program = make_program(job_polls=0)
    program.write(videos(256))
    program.emulator.script(refusing(culprit, reason="metadata too odd"))

    ended = program.run(batch_size=256)
    program.emulator.recover()

    assert ended.exit_code == 3
    assert ended.tally.outcomes == {"success": 255, "failed": 1, "open": 0}
    assert program.emulator.requests[POST] <= 17
    row = program.rows()[culprit]
    assert row["state"] == "failed"
    assert "metadata too odd" in row["reason"]


def test_culprits_the_server_names_cost_one_request_more(make_program):
    """Dotted paths name the entries; the rest is sent again at once."""
    program = make_program(job_polls=0)
    program.write(videos(100))
    named = [
        Fault(on=POST, action="refuse_request_with_path", external_id=name, reason="too odd")
        for name in ("v7", "v42")
    ]
    program.emulator.script(*named)

    ended = program.run(batch_size=100)

    assert ended.tally.outcomes == {"success": 98, "failed": 2, "open": 0}
    assert program.emulator.requests[POST] == 3
    assert "too odd" in program.rows()["v7"]["reason"]


def test_failed_culprit_is_sent_when_it_is_fixed(make_program):
    """A failed culprit is sent again once its record is fixed."""
    program = make_program(job_polls=0)
    program.write(videos(10))
    program.emulator.script(refusing("v3"))
    program.run(batch_size=10)
    program.emulator.recover()
    program.write([{**one, "fileName": one["fileName"] + "!"} for one in videos(10)])

    assert program.run(batch_size=10).exit_code == 0
    assert [one["state"] for one in program.history("v3")][-1] == "success"


def test_everything_refused_is_no_items_fault(make_program):
    """If every item is refused, the run ends with 6, and no item fails."""
    program = make_program(job_polls=0)
    program.write(videos(30))
    program.emulator.script(Fault(on=POST, action="status", status=400, nth=2, times=999))

    ended = program.run(batch_size=10, parallel=1)
    program.emulator.recover()

    assert ended.exit_code == 6
    assert ended.tally.outcomes == {"success": 10, "open": 0}
    assert program.emulator.requests[POST] < 30
    assert set(program.states().values()) == {"success", "refused"}
    assert program.run(batch_size=10).exit_code == 0
    program.check_identities(names(30))


def test_too_large_a_request_is_made_smaller(make_program):
    """A 413 halves the bytes of a request for the rest of the run; everything arrives."""
    program = make_program(job_polls=0, body_limit=6_000)
    program.write(videos(200))

    ended = program.run(batch_size=100)

    assert ended.exit_code == 0
    program.check_identities(names(200))
    # The first batch finds the size, and the others use it.
    assert program.emulator.requests[POST] <= 12


def test_item_too_large_for_the_server_fails_alone(make_program):
    """An item above the server's limit fails with the server's message; the others arrive."""
    program = make_program(job_polls=0, body_limit=6_000)
    big = {**videos(1)[0], "id": "big", "metadata": {"text": "x" * 7_000}}
    program.write([*videos(20), big])

    ended = program.run(batch_size=100)

    assert ended.exit_code == 3
    assert program.states()["big"] == "failed"
    assert "413" in program.rows()["big"]["reason"]
    assert ended.tally.outcomes["success"] == 20


def test_quota_in_the_middle_of_the_search(make_program):
    """A quota reached during the search sends what fits, nothing twice."""
    program = make_program(job_polls=0, quota=12)
    program.write(videos(20))
    program.emulator.script(refusing("v3"))

    ended = program.run(batch_size=20)
    program.emulator.recover()

    assert ended.exit_code == 7
    assert ended.tally.outcomes["success"] == 12
    assert len(program.emulator.entries()) == 12
