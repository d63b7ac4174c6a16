"""Helpers of the tests of the client: requests, and a server that answers from a script."""

from __future__ import annotations

import asyncio
import random

import httpx
import orjson

from ld_import.api import ClientOptions, LivingdocsClient
from tests.conftest import API_VERSION
from tests.makers import SYSTEM, make_item

VIDEOS = "import/videos"


def body(item_count=1):
    """Return an import request with `item_count` videos."""
    videos = [orjson.loads(make_item(number).body) for number in range(1, item_count + 1)]
    return orjson.dumps({"systemName": SYSTEM, "videos": videos})


def submit(client, content=None):
    """Post an import and return the answer, or raise its error."""
    return asyncio.run(client.submit(VIDEOS, content or body()))


def status(client, job_id="job1"):
    """Request the status of a job."""
    return asyncio.run(client.status(VIDEOS, job_id))


def find(client, external_id="v1", system_name=SYSTEM):
    """Find an entry by its pair."""
    return asyncio.run(client.find_entry(system_name, external_id))


class Script:
    """Returns answers in order, and the last one repeatedly; stores the requests.

    For answers that the emulator does not give, such as broken compression. An answer is the
    keyword arguments of an `httpx.Response`, or an error to raise.
    """

    def __init__(self, *answers):
        """Set the answers, at least one."""
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        """Return the next answer."""
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(**{"status_code": 200, **answer})

    def client(
        self,
        clock,
        *,
        base_url="https://server.example",
        headers=None,
        on_notice=None,
        **options,
    ):
        """Return a client that is connected to this script."""
        transport = httpx.MockTransport(self)
        http = httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers)
        options = {"api_version": API_VERSION, "rng": random.Random(1), **options}
        return LivingdocsClient(http, clock, ClientOptions(**options), on_notice=on_notice)
