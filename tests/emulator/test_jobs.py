"""The life of a job: when it works, what it says, how it ends."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from tests.emulator.server_client import Clock, ServerClient, states, video

SUBMIT = "POST import/videos"


@pytest.mark.parametrize("polls", [0, 1, 3])
def test_polls(polls):
    """A job answers `started` as often as set, then it is finished, and stays so."""
    server = ServerClient(Emulator(Settings(job_polls=polls)))
    job_id = server.submit(video())

    told = [server.status(job_id)["state"] for _ in range(polls + 2)]

    assert told == ["started"] * polls + ["success"] * 2


def test_started_at():
    """The start is told as text without a zone, as the vendor prints it."""
    server = ServerClient(Emulator(now=Clock()))
    job_id = server.submit(video())

    assert server.status(job_id) == {
        "finished": False,
        "state": "started",
        "id": job_id,
        "startedAt": "2026-09-21 14:13:20",
    }


def test_nothing_is_there_before_the_job_is_finished():
    """A pair cannot be found right after its POST: the work takes place later."""
    server = ServerClient(Emulator(now=Clock()))
    job_id = server.submit(video())

    assert server.found("v-1") == []
    server.finish(job_id)
    assert [entry["externalId"] for entry in server.found("v-1")] == ["v-1"]


def test_done_at_once():
    """Without polls and seconds the work is done when the POST is answered."""
    server = ServerClient(Emulator(Settings(job_polls=0), now=Clock()))
    server.submit(video())

    assert len(server.found("v-1")) == 1


def test_seconds():
    """With a time set the work is done when it has passed, whether anybody asked or not."""
    clock = Clock()
    server = ServerClient(Emulator(Settings(job_seconds=10, job_polls=1), now=clock))
    job_id = server.submit(video())

    assert [server.status(job_id)["state"] for _ in range(3)] == ["started"] * 3
    clock.moment += 9.9
    assert server.found("v-1") == []
    clock.moment += 0.1
    assert len(server.found("v-1")) == 1
    assert server.status(job_id)["state"] == "success"


def test_timed_work_keeps_its_time():
    """An entry is as old as the end of its job, however late the next request comes."""
    clock = Clock()
    server = ServerClient(Emulator(Settings(job_seconds=10, read_delay=60), now=clock))
    server.submit(video())

    clock.moment += 70

    assert server.found("v-1")[0]["createdAt"] == "2026-09-21T14:13:30.000Z"


def test_unasked_job():
    """A job whose id got lost does its work all the same, a little later."""
    clock = Clock()
    server = ServerClient(Emulator(now=clock))
    server.submit(video())

    clock.moment += 4
    assert server.found("v-1") == []
    clock.moment += 1
    assert len(server.found("v-1")) == 1


def test_jobs_at_once():
    """Above the limit jobs wait for a place."""
    clock = Clock()
    server = ServerClient(
        Emulator(Settings(job_seconds=10, job_polls=0, jobs_at_once=2), now=clock)
    )
    job_ids = [server.submit(video(f"v-{n}")) for n in range(5)]

    def finished():
        return [server.status(each)["finished"] for each in job_ids]

    clock.moment += 10
    assert finished() == [True, True, False, False, False]
    clock.moment += 10
    assert finished() == [True, True, True, True, False]
    clock.moment += 10
    assert finished() == [True] * 5


def test_work_is_done_in_order_of_submission():
    """A later job that finishes first has the earlier ones done before: pairs keep their order."""
    emulator = Emulator(now=Clock())
    server = ServerClient(emulator)
    first, second = server.submit(video(fileName="one")), server.submit(video(fileName="two"))

    server.finish(second)

    assert [job["state"] for job in emulator.jobs()] == ["success", "success"]
    (entry,) = emulator.entries()
    assert (entry["fileName"], entry["version"]) == ("two", 2)
    assert server.status(first)["state"] == "started"
    assert states(server.status(first)) == ["success"]


@pytest.mark.parametrize("kind", ["videos", "images"])
def test_lost(kind):
    """An unknown id is lost, also when it belongs to a job of another kind."""
    server = ServerClient(Emulator())
    job_id = server.submit(video()) if kind == "images" else "098shjhv9"

    assert server.status(job_id, kind) == {
        "finished": False,
        "state": "lost",
        "id": f'no import job found for id "{job_id}"',
    }


def test_forgotten_job():
    """A finished job is forgotten after its time."""
    clock = Clock()
    server = ServerClient(Emulator(Settings(lose_job_after=60, job_polls=0), now=clock))
    job_id = server.submit(video())

    clock.moment += 59
    assert server.status(job_id)["state"] == "success"
    clock.moment += 1
    assert server.status(job_id)["state"] == "lost"


def test_empty_batch():
    """A batch without items is a job with an empty list."""
    server = ServerClient(Emulator())

    assert server.finish(server.submit())["videos"] == []


def test_failed_job():
    """A failed job has no list, and nothing of it is imported."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="fail_job"))
    server = ServerClient(emulator)
    job_id = server.submit(video())

    assert server.status(job_id)["state"] == "started"
    assert server.status(job_id) == {"finished": True, "state": "failed", "id": job_id}
    assert emulator.entries() == []
    assert emulator.unused_faults == []


@pytest.mark.parametrize("is_imported", [False, True])
def test_job_lost_by_script(is_imported):
    """A job may vanish when it should be finished, its work done or not."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="lose_job", imported_before_loss=is_imported))
    server = ServerClient(emulator)
    job_id = server.submit(video())

    assert server.status(job_id)["state"] == "started"
    assert server.status(job_id)["state"] == "lost"
    assert len(emulator.entries()) == is_imported


def test_stuck_job():
    """A stuck job never ends and imports nothing, but lets others pass."""
    clock = Clock()
    emulator = Emulator(now=clock)
    emulator.script(Fault(on=SUBMIT, action="stuck_job"))
    server = ServerClient(emulator)
    stuck, other = server.submit(video("a")), server.submit(video("b"))

    assert server.finish(other)["finished"]
    clock.moment += 100_000
    assert [server.status(stuck)["state"] for _ in range(5)] == ["started"] * 5
    assert [entry["externalId"] for entry in emulator.entries()] == ["b"]


def test_unknown_job_state():
    """A job can speak of a state nobody documented before it starts."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="unknown_state", count=2))
    server = ServerClient(emulator)
    job_id = server.submit(video())

    told = [server.status(job_id) for _ in range(4)]

    assert [body["state"] for body in told] == ["queued", "queued", "started", "success"]
    assert told[0]["finished"] is False


def test_restart():
    """A restarted server keeps its entries and has lost its jobs; counted ids come again."""
    emulator = Emulator(Settings(job_polls=0, job_ids="counted"))
    server = ServerClient(emulator)
    first = server.submit(video("a"))
    emulator.restart()

    assert server.status(first)["state"] == "lost"
    assert server.submit(video("b")) == first == "1"
    assert [item["externalId"] for item in server.status(first)["videos"]] == ["b"]
    assert [entry["externalId"] for entry in emulator.entries()] == ["a", "b"]


def test_random_ids_come_once():
    """Even at the same moment, a job after a restart has an id that no earlier one had."""
    emulator = Emulator(now=Clock())
    server = ServerClient(emulator)
    first = server.submit(video())
    emulator.restart()

    assert server.submit(video()) != first
