"""The server's record of a story: every import request, its author and its effect.

It wraps an emulator and passes every request unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from ld_import.emulator import Emulator
from tests.flow.nights_records import content_of

Versions = dict[str, int]


def _nothing(names: tuple[str, ...]) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Arrival:
    """An import request that arrived, whatever its result.

    `contents` are those of its items, by externalId; `before` has the versions that their entries
    had, 0 for none. `taken` are the items that the server accepted to import.
    """

    author: str
    contents: Mapping[str, Mapping[str, Any]]
    before: Mapping[str, int]
    taken: frozenset[str]


@dataclass(slots=True)
class Book:
    """An emulator that records all import requests.

    `author` is recorded with each; `on_post` gets the externalIds before the server handles
    them, and `on_request` is called for every request.
    """

    emulator: Emulator
    author: str = "ours"
    arrivals: list[Arrival] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    on_post: Callable[[tuple[str, ...]], None] = _nothing
    on_request: Callable[[], None] = lambda: None

    def now(self) -> float:
        """Return the time on the server's clock."""
        return self.emulator.now()

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request as the emulator does."""
        self.requests[scope["method"]] += 1
        self.on_request()
        if scope["method"] != "POST":
            await self.emulator.app(scope, receive, send)
            return
        body = await _body_of(receive)
        contents = _contents(body)
        self.on_post(tuple(contents))
        before, job_count = self.versions(), len(self.emulator.jobs())
        try:
            await self.emulator.app(scope, _again(body), send)
        finally:
            created = self.versions().keys() - before.keys()
            is_job = len(self.emulator.jobs()) > job_count
            self.arrivals.append(
                Arrival(
                    self.author,
                    contents,
                    {name: before.get(name, 0) for name in contents},
                    frozenset(contents if is_job else created & contents.keys()),
                )
            )

    def versions(self) -> Versions:
        """Return the current version of every entry that has a pair."""
        entries = self.emulator.entries()
        return {one["externalId"]: one["version"] for one in entries if one["externalId"]}

    def forget(self, arrival_count: int) -> None:
        """Attribute later requests to someone else, since a ledger of that time was restored."""
        self.arrivals[arrival_count:] = [
            replace(one, author="forgotten") for one in self.arrivals[arrival_count:]
        ]


async def _body_of(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes) -> Any:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _contents(body: bytes) -> dict[str, dict[str, Any]]:
    (items,) = (value for value in orjson.loads(body).values() if isinstance(value, list))
    return {item.get("externalId") or item["id"]: content_of(item) for item in items}
