"""Life cycle of a job: when it is worked, its status, and its end."""

from __future__ import annotations

import pytest

from ld_import.emulator import Emulator, Fault, Settings
from tests.emulator.server_client import Clock, ServerClient, states, video

SUBMIT = "POST import/videos"


@pytest.mark.parametrize("polls", [0, 1, 3])
def test_polls(polls):
    """A job reports `started` for `job_polls` requests and is finished from then on."""
    server = ServerClient(Emulator(Settings(job_polls=polls)))
    job_id = server.submit(video())

    states = [server.status(job_id)["state"] for _ in range(polls + 2)]

    assert states == ["started"] * polls + ["success"] * 2


def test_started_at():
    """The start time is text without a time zone, as in the vendor's example."""
    server = ServerClient(Emulator(now=Clock()))
    job_id = server.submit(video())

    assert server.status(job_id) == {
        "finished": False,
        "state": "started",
        "id": job_id,
        "startedAt": "2026-09-21 14:13:20",
    }


def test_no_entry_before_the_job_is_worked():
    """A pair cannot be found directly after its POST, because the job is worked later."""
    server = ServerClient(Emulator(now=Clock()))
    job_id = server.submit(video())

    assert server.look_up("v-1") == []
    server.finish(job_id)
    assert [entry["externalId"] for entry in server.look_up("v-1")] == ["v-1"]


def test_finished_immediately():
    """Without polls and seconds, a job is worked before its POST is answered."""
    server = ServerClient(Emulator(Settings(job_polls=0), now=Clock()))
    server.submit(video())

    assert len(server.look_up("v-1")) == 1


def test_seconds():
    """With `job_seconds`, a job is worked after this time, with or without status requests."""
    clock = Clock()
    server = ServerClient(Emulator(Settings(job_seconds=10, job_polls=1), now=clock))
    job_id = server.submit(video())

    assert [server.status(job_id)["state"] for _ in range(3)] == ["started"] * 3
    clock.moment += 9.9
    assert server.look_up("v-1") == []
    clock.moment += 0.1
    assert len(server.look_up("v-1")) == 1
    assert server.status(job_id)["state"] == "success"


def test_time_of_timed_work():
    """The time of an entry is the end of its job, even if the next request comes much later."""
    clock = Clock()
    server = ServerClient(Emulator(Settings(job_seconds=10, read_delay=60), now=clock))
    server.submit(video())

    clock.moment += 70

    assert server.look_up("v-1")[0]["createdAt"] == "2026-09-21T14:13:30.000Z"


def test_job_without_status_requests():
    """A job without status requests is worked, too, somewhat later."""
    clock = Clock()
    server = ServerClient(Emulator(now=clock))
    server.submit(video())

    clock.moment += 4
    assert server.look_up("v-1") == []
    clock.moment += 1
    assert len(server.look_up("v-1")) == 1


def test_jobs_at_once():
    """Above the limit, jobs wait for a free slot."""
    clock = Clock()
    server = ServerClient(
        Emulator(Settings(job_seconds=10, job_polls=0, jobs_at_once=2), now=clock)
    )
    job_ids = [server.submit(video(f"v-{n}")) for n in range(5)]

    def finished():
        return [server.status(job_id)["finished"] for job_id in job_ids]

    clock.moment += 10
    assert finished() == [True, True, False, False, False]
    clock.moment += 10
    assert finished() == [True, True, True, True, False]
    clock.moment += 10
    assert finished() == [True] * 5


def test_work_is_done_in_order_of_submission():
    """Jobs submitted before a due job are worked before it, which keeps the order of pairs."""
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
    """An unknown id is reported as lost, and so is the id of a job of another kind."""
    server = ServerClient(Emulator())
    job_id = server.submit(video()) if kind == "images" else "098shjhv9"

    assert server.status(job_id, kind) == {
        "finished": False,
        "state": "lost",
        "id": f'no import job found for id "{job_id}"',
    }


def test_forgotten_job():
    """A finished job is reported as lost after `lose_job_after`."""
    clock = Clock()
    server = ServerClient(Emulator(Settings(lose_job_after=60, job_polls=0), now=clock))
    job_id = server.submit(video())

    clock.moment += 59
    assert server.status(job_id)["state"] == "success"
    clock.moment += 1
    assert server.status(job_id)["state"] == "lost"


def test_empty_batch():
    """A batch without items creates a job with an empty list."""
    server = ServerClient(Emulator())

    assert server.finish(server.submit())["videos"] == []


def test_failed_job():
    """A failed job has no list and imports nothing."""
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
    """A job may be lost instead of finished, with or without its items imported."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="lose_job", imported_before_loss=is_imported))
    server = ServerClient(emulator)
    job_id = server.submit(video())

    assert server.status(job_id)["state"] == "started"
    assert server.status(job_id)["state"] == "lost"
    assert len(emulator.entries()) == is_imported


def test_stuck_job():
    """A stuck job never finishes and imports nothing, but does not block other jobs."""
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
    """A job may report an undocumented state before it starts."""
    emulator = Emulator()
    emulator.script(Fault(on=SUBMIT, action="unknown_state", count=2))
    server = ServerClient(emulator)
    job_id = server.submit(video())

    bodies = [server.status(job_id) for _ in range(4)]

    assert [body["state"] for body in bodies] == ["queued", "queued", "started", "success"]
    assert bodies[0]["finished"] is False


def test_restart():
    """A restarted server keeps its entries and loses its jobs; `counted` ids are reused."""
    emulator = Emulator(Settings(job_polls=0, job_ids="counted"))
    server = ServerClient(emulator)
    first = server.submit(video("a"))
    emulator.restart()

    assert server.status(first)["state"] == "lost"
    assert server.submit(video("b")) == first == "1"
    assert [item["externalId"] for item in server.status(first)["videos"]] == ["b"]
    assert [entry["externalId"] for entry in emulator.entries()] == ["a", "b"]


def test_random_ids_are_unique():
    """A job after a restart gets a new id, even at the same time."""
    emulator = Emulator(now=Clock())
    server = ServerClient(emulator)
    first = server.submit(video())
    emulator.restart()

    assert server.submit(video()) != first
