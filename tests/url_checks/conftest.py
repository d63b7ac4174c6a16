"""A host on loopback, and a function that checks one of its URLs."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from ld_import.url_checks.clients import Clients
from ld_import.url_checks.expected import VIDEOS
from ld_import.url_checks.fetch import Fetcher
from ld_import.url_checks.gates import HostGates
from ld_import.url_checks.probe import HostState, Prober, Wanted
from tests.url_checks.host import serving

AGENT = "ld-import/test"


@pytest.fixture
def serve(clock):
    """Return a function that starts a host with these routes."""
    with ExitStack() as stack:
        yield lambda routes, **options: stack.enter_context(
            serving(routes, clock.monotonic, **options)
        )


@pytest.fixture
def probe(clock):
    """Return a function that checks URLs, one after another, and returns the last result."""

    def probe(*urls, expected=VIDEOS, seconds=5.0, trust=False, expires_at=None, state=None):
        async def go():
            clients = Clients(AGENT, trust=trust, answer_seconds=seconds)
            gates = HostGates(clock)
            prober = Prober(Fetcher(clients, gates, clock, request_seconds=seconds), gates, clock)
            host = state or HostState()
            try:
                for number, url in enumerate(urls):
                    result = await prober.probe(Wanted(number, url, expected, expires_at), host)
            finally:
                await clients.aclose()
            return result

        return asyncio.run(go())

    return probe
