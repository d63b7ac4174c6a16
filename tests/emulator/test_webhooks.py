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
    """Records notifications and answers with `status`."""

    def __init__(self, status=200):
        """Create the client."""
        self.status = status
        self.received = []
        self.seen = []
        self.look = lambda: None
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._record))

    def _record(self, request):
        assert (request.method, str(request.url)) == ("POST", HOOK)
        self.received.append(orjson.loads(request.content))
        self.seen.append(self.look())
        return httpx.Response(self.status)


def emulator_for(receiver, *, now=None, **settings):
    """Return an emulator that notifies this receiver."""
    return Emulator(Settings(**settings), now=now or Clock(), http=receiver.http)


def test_body():
    """A notification has source, job, state, counts and context, but no items."""
    receiver = Receiver()
    emulator = emulator_for(receiver, fail_url={"bad": "no"})
    server = ServerClient(emulator)
    items = [video("a"), video("b"), video("a"), video("bad")]
    job_id = server.submit(*items, webhook=HOOK, context={"run": 1})

    assert receiver.received == []
    server.finish(job_id)

    assert receiver.received == [
        {
            "source": "livingdocs-video-import",
            "id": job_id,
            "state": "success",
            "overview": {"details": {"imported": 2, "skipped": 1, "failed": 1}},
            "context": {"run": 1},
        }
    ]


def test_failed_job():
    """A failed job is notified, too; without a context the body has none."""
    receiver = Receiver()
    emulator = emulator_for(receiver, job_polls=0)
    emulator.script(Fault(on=SUBMIT, action="fail_job"))
    ServerClient(emulator).submit(video(), webhook=HOOK)

    (body,) = receiver.received

    assert (body["state"], body["overview"]["details"]["failed"]) == ("failed", 1)
    assert "context" not in body


@pytest.mark.parametrize(("mode", "count"), [("once", 1), ("twice", 2), ("early", 1), ("never", 0)])
def test_modes(mode, count):
    """The number of notifications is that of the setting and does not depend on status requests."""
    receiver = Receiver()
    server = ServerClient(emulator_for(receiver, webhook=mode))
    job_id = server.submit(video(), webhook=HOOK)

    for _ in range(3):
        server.status(job_id)

    assert len(receiver.received) == count


def test_early():
    """An early notification is sent before the POST is answered, and the job is finished."""
    receiver = Receiver()
    emulator = emulator_for(receiver, webhook="early", job_seconds=60)
    receiver.look = emulator.jobs
    job_id = ServerClient(emulator).submit(video(), webhook=HOOK)

    assert receiver.seen[0][0]["state"] == "success"
    assert ServerClient(emulator).status(job_id)["finished"]


def test_early_notification_of_a_lost_answer():
    """The notification is sent even if the answer to the POST is lost."""
    receiver = Receiver()
    emulator = emulator_for(receiver, job_polls=0)
    emulator.script(Fault(on=SUBMIT, action="drop_after"))

    with pytest.raises(httpx.ReadError):
        ServerClient(emulator).submit(video(), webhook=HOOK, context={"batch": 7})

    assert receiver.received[0]["context"] == {"batch": 7}


def test_tick():
    """A timed job is notified without any request, and is finished by then."""
    clock, receiver = Clock(), Receiver()
    emulator = emulator_for(receiver, now=clock, job_seconds=10)
    job_id = ServerClient(emulator).submit(video(), webhook=HOOK)

    asyncio.run(emulator.tick())
    assert receiver.received == []
    clock.moment += 10
    asyncio.run(emulator.tick())
    asyncio.run(emulator.tick())

    assert len(receiver.received) == 1
    assert ServerClient(emulator).status(job_id)["finished"]


def test_lost_job_is_not_notified():
    """A lost job is not notified."""
    receiver = Receiver()
    emulator = emulator_for(receiver, job_polls=0)
    emulator.script(Fault(on=SUBMIT, action="lose_job"))

    ServerClient(emulator).submit(video(), webhook=HOOK)

    assert receiver.received == []


def test_failing_receiver():
    """A failing receiver does not affect the job and is not notified again."""
    server = ServerClient(emulator_for(receiver := Receiver(status=500), job_polls=0))
    assert server.status(server.submit(video("a"), webhook=HOOK))["finished"]
    assert len(receiver.received) == 1

    def unreachable(request):
        raise httpx.ConnectError("nobody", request=request)

    http = httpx.AsyncClient(transport=httpx.MockTransport(unreachable))
    server = ServerClient(Emulator(Settings(job_polls=0), http=http))
    assert server.status(server.submit(video("b"), webhook=HOOK))["finished"]


def test_not_notified_again_after_a_restart(tmp_path):
    """The store remembers which jobs were notified."""
    path = tmp_path / "emulator.sqlite"
    receiver = Receiver()
    first = Emulator(Settings(job_polls=0), store_path=path, http=receiver.http)
    ServerClient(first).submit(video(), webhook=HOOK)
    first.close()

    second = Emulator(store_path=path, http=receiver.http)
    asyncio.run(second.tick())

    assert len(receiver.received) == 1
    second.close()


def test_only_loopback_is_notified():
    """Without a given client, only receivers on this machine are notified."""
    server = ServerClient(Emulator(Settings(job_polls=0)))

    assert server.status(server.submit(video(), webhook=HOOK))["finished"]
