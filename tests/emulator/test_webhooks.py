"""Notifications of finished jobs."""

from __future__ import annotations

import asyncio

import httpx
import orjson
import pytest

from ld_import.emulator import Emulator, Fault, Settings
from tests.emulator.server_client import Clock, ServerClient, video

HOOK = "https://receiver.example/hook"
SUBMIT = "POST import/videos"


class Receiver:
    """Keeps what it is told and answers with `status`."""

    def __init__(self, status=200):
        """Expect notifications."""
        self.status = status
        self.told = []
        self.seen = []
        self.look = lambda: None
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def _take(self, request):
        assert (request.method, str(request.url)) == ("POST", HOOK)
        self.told.append(orjson.loads(request.content))
        self.seen.append(self.look())
        return httpx.Response(self.status)


def emulator_for(receiver, *, now=None, **settings):
    """Return an emulator that notifies this receiver."""
    return Emulator(Settings(**settings), now=now or Clock(), http=receiver.http)


def test_body():
    """A notification tells source, job, state, counts and the context, but no items."""
    receiver = Receiver()
    emulator = emulator_for(receiver, fail_url={"bad": "no"})
    server = ServerClient(emulator)
    items = [video("a"), video("b"), video("a"), video("bad")]
    job_id = server.submit(*items, webhook=HOOK, context={"run": 1})

    assert receiver.told == []
    server.finish(job_id)

    assert receiver.told == [
        {
            "source": "livingdocs-video-import",
            "id": job_id,
            "state": "success",
            "overview": {"details": {"imported": 2, "skipped": 1, "failed": 1}},
            "context": {"run": 1},
        }
    ]


def test_failed_job():
    """A failed job is notified too; without a context there is none in the body."""
    receiver = Receiver()
    emulator = emulator_for(receiver, job_polls=0)
    emulator.script(Fault(on=SUBMIT, action="fail_job"))
    ServerClient(emulator).submit(video(), webhook=HOOK)

    (told,) = receiver.told

    assert (told["state"], told["overview"]["details"]["failed"]) == ("failed", 1)
    assert "context" not in told


@pytest.mark.parametrize(("mode", "count"), [("once", 1), ("twice", 2), ("early", 1), ("never", 0)])
def test_modes(mode, count):
    """A job is notified as often as set, however often it is asked about afterwards."""
    receiver = Receiver()
    server = ServerClient(emulator_for(receiver, webhook=mode))
    job_id = server.submit(video(), webhook=HOOK)

    for _ in range(3):
        server.status(job_id)

    assert len(receiver.told) == count


def test_early():
    """An early notification comes before the POST is answered, and what it says is true."""
    receiver = Receiver()
    emulator = emulator_for(receiver, webhook="early", job_seconds=60)
    receiver.look = emulator.jobs
    job_id = ServerClient(emulator).submit(video(), webhook=HOOK)

    assert receiver.seen[0][0]["state"] == "success"
    assert ServerClient(emulator).status(job_id)["finished"]


def test_early_notification_of_a_lost_answer():
    """The notification may be all that a client ever hears of its POST."""
    receiver = Receiver()
    emulator = emulator_for(receiver, job_polls=0)
    emulator.script(Fault(on=SUBMIT, action="drop_after"))

    with pytest.raises(httpx.ReadError):
        ServerClient(emulator).submit(video(), webhook=HOOK, context={"batch": 7})

    assert receiver.told[0]["context"] == {"batch": 7}


def test_tick():
    """When the time of a job has come it is notified without any request, and is finished then."""
    clock, receiver = Clock(), Receiver()
    emulator = emulator_for(receiver, now=clock, job_seconds=10)
    job_id = ServerClient(emulator).submit(video(), webhook=HOOK)

    asyncio.run(emulator.tick())
    assert receiver.told == []
    clock.moment += 10
    asyncio.run(emulator.tick())
    asyncio.run(emulator.tick())

    assert len(receiver.told) == 1
    assert ServerClient(emulator).status(job_id)["finished"]


def test_lost_job_is_not_notified():
    """A job the server forgot does not notify anybody."""
    receiver = Receiver()
    emulator = emulator_for(receiver, job_polls=0)
    emulator.script(Fault(on=SUBMIT, action="lose_job"))

    ServerClient(emulator).submit(video(), webhook=HOOK)

    assert receiver.told == []


def test_failing_receiver():
    """A receiver in trouble does no harm to the job, and is not asked again."""
    server = ServerClient(emulator_for(receiver := Receiver(status=500), job_polls=0))
    assert server.status(server.submit(video("a"), webhook=HOOK))["finished"]
    assert len(receiver.told) == 1

    def unreachable(request):
        raise httpx.ConnectError("nobody", request=request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(unreachable))
    server = ServerClient(Emulator(Settings(job_polls=0), http=http))
    assert server.status(server.submit(video("b"), webhook=HOOK))["finished"]


def test_not_notified_again_after_a_restart(tmp_path):
    """Who was notified is remembered in the store."""
    path = tmp_path / "emulator.sqlite"
    receiver = Receiver()
    first = Emulator(Settings(job_polls=0), store_path=path, http=receiver.http)
    ServerClient(first).submit(video(), webhook=HOOK)
    first.close()

    second = Emulator(store_path=path, http=receiver.http)
    asyncio.run(second.tick())

    assert len(receiver.told) == 1
    second.close()


def test_a_rehearsal_notifies_nobody_outside():
    """Without a client handed in, only receivers on this machine are told."""
    server = ServerClient(Emulator(Settings(job_polls=0)))

    assert server.status(server.submit(video(), webhook=HOOK))["finished"]
