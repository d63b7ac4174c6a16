"""Invariants after a crash and another run, checked in ledger, server and requests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import orjson

from ld_import.emulator import Emulator
from ld_import.ledger import LedgerReader
from tests.harness.program import Program


@dataclass(frozen=True, slots=True)
class Post:
    """An import request that the server accepted: its run and its items."""

    run_id: str
    names: tuple[str, ...]


class Witness:
    """An emulator that records the import requests it accepts, in order."""

    def __init__(self, emulator: Emulator) -> None:
        self.posts: list[Post] = []
        self.open_count = 0
        self._emulator = emulator

    def __getattr__(self, name: str) -> Any:
        return getattr(self._emulator, name)

    async def app(self, scope, receive, send):
        """Answer one request as the emulator does."""
        body = bytearray()

        async def hear():
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def tell(message):
            is_taken = message["type"] == "http.response.start" and message["status"] < 300
            if is_taken and scope["method"] == "POST":
                self.posts.append(_post_from(scope, body))
            await send(message)

        self.open_count += 1
        try:
            await self._emulator.app(scope, hear, tell)
        finally:
            self.open_count -= 1


def _post_from(scope: Mapping[str, Any], body: bytearray) -> Post:
    run_id, _, _ = dict(scope["headers"])[b"x-request-id"].decode().rpartition("-")
    (items,) = (value for value in orjson.loads(body).values() if isinstance(value, list))
    return Post(run_id, tuple(item.get("externalId") or item["id"] for item in items))


@dataclass(frozen=True, slots=True)
class Findings:
    """Violations found in ledger and server; only `sent_again` may be other than 0.

    - `lost`: records without exactly one row that says `success` or `skipped`, or whose entry is
      not on the server as the manifest has it; and batches still open.
    - `twice`: entries that were created, replaced or patched more often than once.
    - `disowned`: rows that say `skipped`, although only this program put anything there; unless
      the row says that it could not be confirmed whose entry it is, since nothing can be looked up.
    - `unexplained`: import requests that repeat an item the server had accepted, while the ledger
      does not say of that attempt `lost … sent again`.
    - `sent_again`: repeating import requests that the ledger explains so.
    """

    lost: int = 0
    twice: int = 0
    disowned: int = 0
    unexplained: int = 0
    sent_again: int = 0

    def __add__(self, other: Findings) -> Findings:
        """Return the sum of both findings."""
        return Findings(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


class Accounts:
    """The rows of a ledger and the attempts behind them, read over one connection."""

    def __init__(self, reader: LedgerReader) -> None:
        self.rows = list(reader.items())
        self.open_count = sum(job["settledAt"] is None for job in reader.jobs(limit=-1))
        self._reader = reader
        self._histories: dict[str, list[dict[str, Any]]] = {}
        names = [row["externalId"] or row["line"] for row in self.rows]
        assert len(set(names)) == len(names)

    @property
    def states(self) -> dict[str, str]:
        """The state of each item, by externalId or, where a record is invalid, by line."""
        return {row["externalId"] or row["line"]: row["state"] for row in self.rows}

    def history(self, external_id: str) -> list[dict[str, Any]]:
        """Return the attempts at one item, oldest first."""
        if external_id not in self._histories:
            (item,) = self._reader.show(external_id)
            self._histories[external_id] = item["history"]
        return self._histories[external_id]


def look(program: Program, witness: Witness, titles: Mapping[str, str]) -> Findings:
    """Compare ledger, server and requests after a crash; `titles` are those of the manifest."""
    entries = witness.entries()
    # Opening a ledger checks its schema, which takes longer than all that is read here.
    with LedgerReader(program.ledger_path) as reader:
        accounts = Accounts(reader)
        unexplained, sent_again = _repeats(accounts, witness.posts)
    return Findings(
        lost=_lost(accounts, entries, titles),
        twice=sum(
            entry["created"] != 1 or entry["updated"] + entry["patched"] > 1 for entry in entries
        ),
        disowned=sum(map(_is_disowned, accounts.rows)),
        unexplained=unexplained,
        sent_again=sent_again,
    )


def _is_disowned(row: Mapping[str, Any]) -> bool:
    return row["state"] == "skipped" and "could not be confirmed" not in (row["reason"] or "")


def _lost(accounts: Accounts, entries: Sequence[dict[str, Any]], titles: Mapping[str, str]) -> int:
    held = {entry["externalId"]: entry["metadata"].get("title") for entry in entries}
    states = accounts.states
    kept_count: int = sum(
        states.get(name) in ("success", "skipped") and held.get(name) == title
        for name, title in titles.items()
    )
    strangers = (states.keys() | held.keys()) - titles.keys()
    return len(titles) - kept_count + len(strangers) + accounts.open_count


def _repeats(accounts: Accounts, posts: Sequence[Post]) -> tuple[int, int]:
    """Count the requests with items that were accepted before: unexplained ones, explained ones."""
    accepted: dict[str, list[dict[str, Any]]] = defaultdict(list)
    met: Counter[tuple[str, str]] = Counter()
    unexplained = sent_again = 0
    for post in posts:
        before = [attempt for name in post.names for attempt in accepted[name]]
        if not all(_says_sent_again(attempt) for attempt in before):
            unexplained += 1
        elif before:
            sent_again += 1
        for name in post.names:
            # A run records each attempt before its request: the n-th belongs to the n-th.
            attempts = [one for one in accounts.history(name) if one["run"] == post.run_id]
            accepted[name].append(attempts[met[name, post.run_id]])
            met[name, post.run_id] += 1
    return unexplained, sent_again


def _says_sent_again(attempt: Mapping[str, Any]) -> bool:
    return attempt["state"] == "lost" and "sent again" in attempt["reason"]
