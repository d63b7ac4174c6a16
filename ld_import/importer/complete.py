"""Completes a ledger: asks the media library for what it does not know about stored files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ld_import.api import ClientOptions, LivingdocsClient
from ld_import.clock import Clock, SystemClock
from ld_import.errors import RequestRefused, Unauthorized
from ld_import.events import Listener, Note
from ld_import.importer import checks
from ld_import.importer.http import Connection, connect
from ld_import.importer.listening import ignore, waiting
from ld_import.importer.server import Server
from ld_import.kinds.comparison import is_entry_of_item
from ld_import.kinds.media_facts import facts_from_entry
from ld_import.ledger import SqliteLedger, exclusive
from ld_import.ledger.incomplete_media import IncompleteItem, MediaNeed
from ld_import.model import MediaFacts, Target
from ld_import.redaction import Redactor

NOT_FOUND = "the media library has no entry with this mediaId, or it is archived"
FOREIGN = "the entry with this mediaId belongs to another systemName and externalId"
ADVICE = {
    NOT_FOUND: "`ld-import ledger show ID` shows how an item was imported",
    FOREIGN: "`ld-import ledger show ID` shows how an item was imported",
}
READ_HINT = "give a token with the scope public-api:read"
WORDS = {"original_url": "address", "mime_type": "mimeType"}

Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteSpec:
    """A ledger and the facts it needs; `server` has a token, and `kind` chooses the target.

    `group` is the number of items of one commit: an interruption costs at most the requests for
    these.
    """

    server: Server
    kind: str
    ledger_path: Path
    need: MediaNeed = field(default_factory=MediaNeed)
    max_rate: float | None = None
    group: int = 200
    redactor: Redactor = field(default_factory=Redactor)

    @property
    def target(self) -> Target:
        """The target whose items are completed."""
        return Target(self.server.url, self.server.project, self.kind)


@dataclass(slots=True)
class Completion:
    """The progress: items that lacked facts at the start, those completed, and the others.

    `missed` is the number of items by reason, and `examples` the first externalIds by reason.
    """

    total: int
    completed: int = 0
    not_found: int = 0
    missed: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """The number of items that were looked at."""
        return self.completed + sum(self.missed.values())

    def miss(self, item: IncompleteItem, reason: str, *, most_examples: int = 3) -> None:
        """Count an item that remains incomplete."""
        self.missed[reason] = self.missed.get(reason, 0) + 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < most_examples:
            examples.append(item.key.external_id)


def complete_media(
    spec: CompleteSpec,
    listen: Listener = ignore,
    *,
    on_progress: Callable[[Completion], None] = lambda progress: None,
    clock: Clock | None = None,
    connection: Connection | None = None,
) -> Completion:
    """Read the entries of items that lack facts, and write what they say into the ledger.

    Holds the ledger as a run does. Every group of items is committed as it is read, so that a call
    after an error or an interruption continues. `connection` is used instead of a new one. Raises
    LedgerLocked, LedgerError and ApiError. Must not be called in a running event loop.
    """
    checks.check_rate(spec.max_rate)
    with (
        exclusive(spec.ledger_path),
        closing(SqliteLedger(spec.ledger_path, spec.target, redact=spec.redactor.redact)) as ledger,
    ):
        completion = Completion(ledger.count_incomplete(spec.need))
        on_progress(completion)
        if completion.total:
            connection = connection or connect(spec.server, parallel=1)
            client = _client(spec, connection, clock or SystemClock(), listen)
            asyncio.run(_Completer(spec, ledger, completion, on_progress).run(client))
        return completion


class _Completer:
    def __init__(
        self,
        spec: CompleteSpec,
        ledger: SqliteLedger,
        progress: Completion,
        on_progress: Callable[[Completion], None],
    ) -> None:
        self._progress = progress
        self._spec = spec
        self._ledger = ledger
        self._on_progress = on_progress

    async def run(self, client: LivingdocsClient) -> None:
        spec, row = self._spec, 0
        async with client:
            while items := self._ledger.incomplete_after(row, spec.need, limit=spec.group):
                row = items[-1].row
                entries = await _entries(client, [item.media_id for item in items])
                self._record(items, entries)
                self._on_progress(self._progress)

    def _record(self, items: Sequence[IncompleteItem], entries: Entries) -> None:
        found = []
        for item in items:
            entry = entries.get(item.media_id)
            if entry is None:
                self._progress.not_found += 1
                self._progress.miss(item, NOT_FOUND)
            elif not is_entry_of_item(entry, item.key):
                self._progress.miss(item, FOREIGN)
            else:
                found.append((item, self._merged(item.facts, facts_from_entry(entry))))
        self._ledger.record_media([(item.row, facts) for item, facts in found])
        for item, facts in found:
            self._count(item, facts)

    def _count(self, item: IncompleteItem, facts: MediaFacts) -> None:
        if missing := self._spec.need.missing_in(facts):
            names = ", ".join(WORDS.get(name, name) for name in missing)
            self._progress.miss(item, f"the entry has no {names}")
        else:
            self._progress.completed += 1

    def _merged(self, known: MediaFacts, found: MediaFacts | None) -> MediaFacts:
        """Return the facts of an entry, completed by those known of the same file."""
        if found is None:
            return known
        url = found.original_url
        # The ledger does not keep such an address; one it has from an import may be without.
        if url is not None and self._spec.redactor.redact(url) != url:
            found = found._replace(original_url=None)
        if found.original_url not in (None, known.original_url):
            return found
        return MediaFacts._make(
            old if new is None else new for new, old in zip(found, known, strict=True)
        )


def _client(
    spec: CompleteSpec, connection: Connection, clock: Clock, listen: Listener
) -> LivingdocsClient:
    options = ClientOptions(
        api_version=spec.server.api_version, max_rate=spec.max_rate, proxy=connection.proxy
    )
    return LivingdocsClient(
        connection.http,
        clock,
        options,
        on_retry=lambda retry: listen(waiting(retry)),
        on_notice=lambda text: listen(Note(text)),
    )


async def _entries(client: LivingdocsClient, media_ids: Iterable[str]) -> Entries:
    """Return the entries that exist. Raises Unauthorized with a hint for the scope.

    How many entries an answer may have is not documented: those it omits are asked for again, as
    long as an answer has some of them.
    """
    remaining = list(dict.fromkeys(media_ids))
    entries: Entries = {}
    while remaining and (found := await _some_entries(client, remaining)):
        entries |= found
        remaining = [media_id for media_id in remaining if media_id not in entries]
    return entries


async def _some_entries(client: LivingdocsClient, unique_ids: list[str]) -> Entries:
    try:
        return await client.entries(unique_ids)
    except Unauthorized as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        raise Unauthorized(str(error), status=error.status, hint=READ_HINT) from None
    except RequestRefused as error:
        # The answer to an id without an entry is not documented.
        if error.status != HTTPStatus.NOT_FOUND or error.is_address_unknown:
            raise
    if len(unique_ids) == 1:
        return {}
    middle = len(unique_ids) // 2
    first, second = unique_ids[:middle], unique_ids[middle:]
    return await _some_entries(client, first) | await _some_entries(client, second)
