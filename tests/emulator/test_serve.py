"""The emulator on a loopback socket."""

from __future__ import annotations

import asyncio
import signal
import socket

import httpx
import pytest

from ld_import.emulator import Emulator, Fault, Settings
from ld_import.emulator.serve import KEEP_ALIVE_SECONDS, serve, serving
from tests.emulator.server_client import ServerClient, batch, video

HEADERS = {"Authorization": "Bearer demo-token"}
SUBMIT = "/api/2026-05/import/videos"
LOOK_UP = "/api/2026-05/mediaLibrary?externalId=v-1&systemName=old-dam"


def test_round_trip_with_broken_connections():
    """Over a socket, a drop closes the connection without an answer; the next request is served."""
    emulator = Emulator(Settings(job_polls=0))
    emulator.script(
        Fault(on="POST import/videos", action="drop"),
        Fault(on="POST import/videos", action="drop_after", nth=2),
        Fault(on="GET mediaLibrary", action="refuse"),
    )
    with (
        serving(emulator) as base_url,
        httpx.Client(base_url=base_url, headers=HEADERS, trust_env=False) as client,
    ):
        for path_is_worked in (False, True):
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                client.post(SUBMIT, json=batch(video()))
            assert bool(emulator.entries()) is path_is_worked
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            client.get(LOOK_UP)
        assert len(client.get(LOOK_UP).json()["results"]) == 1

    assert emulator.unused_faults == []


def test_oversized_body_gets_its_answer():
    """A client with a far too large body receives 413 instead of a broken pipe."""
    with (
        serving(Emulator()) as base_url,
        httpx.Client(base_url=base_url, headers=HEADERS, trust_env=False) as client,
    ):
        answer = client.post(SUBMIT, json=batch(video(fileName="x" * 3_000_000)))

    assert answer.status_code == 413


def test_notification_without_requests():
    """A served emulator finishes timed jobs and notifies webhooks without any request."""
    emulator = Emulator(Settings(job_seconds=0.01))
    with socket.create_server(("127.0.0.1", 0)) as receiver, serving(emulator):
        receiver.settimeout(5)
        hook = f"http://127.0.0.1:{receiver.getsockname()[1]}/hook"
        ServerClient(emulator).submit(video(), webhook=hook)
        connection, _ = receiver.accept()
        with connection:
            heard = connection.recv(1000)

    assert heard.startswith(b"POST /hook HTTP/1.1")


def test_cancelled_serve_stops_cleanly():
    """Cancellation stops the server and propagates; signal handlers are unchanged."""
    ports = []

    async def run():
        handler = signal.getsignal(signal.SIGINT)
        ready = asyncio.Event()

        def note(port):
            ports.append(port)
            ready.set()

        task = asyncio.create_task(serve(Emulator(), "127.0.0.1", 0, note))
        await ready.wait()
        assert signal.getsignal(signal.SIGINT) is handler
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())

    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", ports[0]), timeout=1):
        pass


def test_address_in_use():
    """An address in use raises an error in the caller."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError), serving(Emulator(), port=port):
            pass


def test_keep_alive():
    """Idle connections are closed after the same time as on the real server."""
    assert KEEP_ALIVE_SECONDS == 5


def test_ipv6():
    """The base URL of an IPv6 address is valid."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with serving(Emulator(), host="::1") as base_url:
        assert base_url.startswith("http://[::1]:")
        assert httpx.get(f"{base_url}/api/v1/health", trust_env=False).json() == {"status": "ok"}
