"""An unavailable server: no item fails, and retries are spaced."""

from __future__ import annotations

import pytest

from ld_import.emulator import Fault
from ld_import.events import Waiting
from tests.harness.records import names, videos

POST = "POST import/videos"


@pytest.mark.parametrize("status", [503, 521, 530])
def test_no_item_fails_because_the_server_was_away(make_program, status):
    """After eight attempts the run ends with 8; the next one sends everything."""
    program = make_program(job_polls=0)
    program.write(videos(2))
    program.emulator.script(Fault(on=POST, action="html", status=status, times=8))

    ended = program.run(batch_size=1, parallel=1)
    assert ended.exit_code == 8
    assert program.emulator.requests[POST] == 8
    assert "failed" not in program.states().values()

    assert program.run().exit_code == 0
    program.check_identities(names(2))


def test_retry_after_of_a_503_is_waited_for(make_program, clock):
    """`Retry-After` is respected before the look-up, and reported."""
    program = make_program(job_polls=0)
    program.write(videos(1))
    headers = {"Retry-After": "120"}
    program.emulator.script(Fault(on=POST, action="html", status=503, headers=headers))

    ended = program.run()

    assert ended.exit_code == 0
    assert clock.slept[0] == 120.0
    assert [one.seconds for one in ended.events if isinstance(one, Waiting)] == [120.0]


def test_attempts_at_a_busy_server_end_after_ten_minutes(make_program, clock):
    """A server that always asks for five minutes gets no more than a few requests."""
    program = make_program(job_polls=0)
    program.write(videos(1))
    headers = {"Retry-After": "300"}
    program.emulator.script(Fault(on=POST, action="html", status=503, headers=headers, times=2))

    assert program.run().exit_code == 8
    assert program.emulator.requests[POST] == 2


@pytest.mark.parametrize("on_existing", ["skip", "fail", "patch"])
@pytest.mark.parametrize("action", ["status", "status_after"])
def test_408_is_a_lost_answer(make_program, action, on_existing):
    """A 408 does not end the run, whether the request was carried out or not."""
    program = make_program(job_polls=0)
    program.write(videos(2))
    program.emulator.script(Fault(on=POST, action=action, status=408, body=""))

    ended = program.run(on_existing=on_existing)

    assert ended.exit_code == 0
    assert set(program.states().values()) == {"success"}
    program.check_identities(names(2))
