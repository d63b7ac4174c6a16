"""Requests that examine a server: each is sent once, and ends in time."""

from __future__ import annotations

import asyncio
import socket

from ld_import.clock import SystemClock
from ld_import.errors import ServerUnavailable, Unauthorized
from ld_import.importer.diagnosis import diagnose
from ld_import.importer.server import Server


def ask(url, kind="videos", **limits):
    server = Server(url=url, token="demo-token")
    return asyncio.run(diagnose(server, kind, SystemClock(), **limits))


def test_server_that_never_answers():
    """A server that accepts the connection and is silent is given up after the limit."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        diagnosis = ask(f"http://127.0.0.1:{silent.getsockname()[1]}", request_seconds=0.2)

    assert isinstance(diagnosis.write_error, ServerUnavailable)
    assert "not complete in time" in str(diagnosis.write_error)
    assert (diagnosis.project, diagnosis.project_error) == (None, None)


def test_requests_are_not_repeated(place):
    """Each question is one request, and none of them changes anything."""
    diagnosis = ask(place.url, "images")

    assert diagnosis.write_error is None
    assert diagnosis.project is not None
    assert diagnosis.skew_seconds is not None
    assert place.emulator.requests["GET import/images/status"] == 1
    assert place.emulator.requests["GET projectConfig"] == 1


def test_refused_token_is_not_sent_again(place):
    """With a token that is not accepted the project is not requested."""
    server = Server(url=place.url, token="another-token")

    diagnosis = asyncio.run(diagnose(server, "videos", SystemClock()))

    assert isinstance(diagnosis.write_error, Unauthorized)
    assert place.emulator.requests["GET projectConfig"] == 0
